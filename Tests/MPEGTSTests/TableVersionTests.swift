import MPEGTS
import Testing
import TrickleTesting

@Suite("Versions of tables over streams that follow one another")
struct TableVersionTests {
    private static let video = PID(0x100)

    private func stream(version: UInt8, mapVersion: UInt8? = nil, padding: Int = 0, rounds: Int = 2) -> [UInt8] {
        var builder = TSBuilder()
        for _ in 0..<rounds {
            builder.pat(version: version)
            builder.pmt([.init(0x1B, Self.video)], version: mapVersion ?? version, padding: padding)
            builder.pes(TestPicture.h264(.idr, size: 300), marks: .init(pcr: 0))
        }
        return builder.bytes
    }

    /// The versions of the whole sections with the right checksum, for each table ID.
    private func versions(_ bytes: [UInt8]) -> [UInt8: [UInt8]] {
        var sections: [PID: [UInt8]] = [:]
        var versions: [UInt8: [UInt8]] = [:]
        for start in stride(from: 0, to: bytes.count, by: TransportPacket.size) {
            let header = PacketHeader(bytes.span.bytes, at: start)
            guard header.pid == .pat || header.pid == 0x1000 else { continue }
            let payload = bytes[start + header.payloadOffset..<start + TransportPacket.size]
            if header.payloadUnitStartIndicator {
                sections[header.pid] = Array(payload.dropFirst())
            } else {
                sections[header.pid]? += payload
            }
            guard let section = sections[header.pid], section.count >= 3 else { continue }
            let size = (Int(section[1] & 0x0F) << 8 | Int(section[2])) + 3
            guard section.count >= size else { continue }
            #expect(CRC32.checksum(section[..<size]) == 0)
            versions[section[0], default: []].append(section[5] >> 1 & 31)
            sections[header.pid] = nil
        }
        return versions
    }

    private func renumbered(_ streams: [[UInt8]]) -> [[UInt8]] {
        var versions = TableVersions()
        return streams.map { stream in
            var packets = stream
            versions.beginStream()
            versions.renumber(&packets)
            return packets
        }
    }

    @Test("The first stream stays as it is")
    func first() {
        let bytes = stream(version: 7, padding: 400)
        #expect(renumbered([bytes]) == [bytes])
    }

    @Test(
        "The versions of the next count on, over their end as well, and the checksums are right",
        arguments: [0, 400, 900])
    func next(padding: Int) {
        let streams = [
            stream(version: 31, mapVersion: 4, padding: padding), stream(version: 31, padding: padding),
            stream(version: 3),
        ]
        let after = renumbered(streams)
        #expect(versions(after[0]) == [0: [31, 31], 2: [4, 4]])
        #expect(versions(after[1]) == [0: [0, 0], 2: [5, 5]])
        #expect(versions(after[2]) == [0: [1, 1], 2: [6, 6]])
        // Nothing but tables has changed.
        for (before, after) in zip(streams, after) {
            #expect(before.count == after.count)
            for start in Swift.stride(from: 0, to: before.count, by: TransportPacket.size)
            where PacketHeader(before.span.bytes, at: start).pid == Self.video {
                #expect(before[start..<start + TransportPacket.size] == after[start..<start + TransportPacket.size])
            }
        }
    }

    @Test("A table that changes within a stream keeps its distance")
    func change() {
        let after = renumbered([stream(version: 5), stream(version: 9) + stream(version: 11)])
        #expect(versions(after[1]) == [0: [6, 6, 8, 8], 2: [6, 6, 8, 8]])
    }

    @Test("Any number of packets together, the same versions", arguments: [1, 2, 3])
    func anyChunking(packetsPerCall: Int) {
        let streams = [stream(version: 1), stream(version: 1, padding: 500)]
        var versions = TableVersions()
        var joined: [[UInt8]] = []
        for stream in streams {
            versions.beginStream()
            var bytes: [UInt8] = []
            let size = packetsPerCall * TransportPacket.size
            for start in Swift.stride(from: 0, to: stream.count, by: size) {
                var packets = Array(stream[start..<min(start + size, stream.count)])
                versions.renumber(&packets)
                bytes += packets
            }
            joined.append(bytes)
        }
        #expect(joined == renumbered(streams))
    }

    @Test("A packet that comes twice is changed twice alike")
    func duplicate() {
        var builder = TSBuilder()
        builder.pat(version: 3)
        builder.duplicateLast()
        let after = renumbered([stream(version: 8), builder.bytes])[1]
        #expect(after.prefix(TransportPacket.size) == after.suffix(TransportPacket.size))
        #expect(versions(after) == [0: [9, 9]])
    }

    @Test("Sections that stand one after the other in a packet, and over its end, are all found")
    func sections() {
        var payload: [UInt8] = [0]
        for program in 1...9 as ClosedRange<UInt16> {
            payload += TSBuilder.map([.init(0x1B, Self.video)], program: program, version: 2)
        }
        let maps = (1...9 as ClosedRange<UInt16>).map { (number: $0, mapPID: PID(0x1000)) }
        var builder = TSBuilder()
        builder.pat(maps, version: 2)
        builder.payload(payload + [UInt8](repeating: 0xFF, count: 368 - payload.count), pid: 0x1000)
        let after = renumbered([builder.bytes, builder.bytes])[1]
        var found = 0
        var rest: [UInt8] = []
        for packet in Swift.stride(from: 0, to: after.count, by: TransportPacket.size) {
            let header = PacketHeader(after.span.bytes, at: packet)
            guard header.pid == 0x1000 else { continue }
            let start = packet + header.payloadOffset + (header.payloadUnitStartIndicator ? 1 : 0)
            rest += after[start..<packet + TransportPacket.size]
        }
        while rest.count > 3, rest[0] == 2 {
            let size = (Int(rest[1] & 0x0F) << 8 | Int(rest[2])) + 3
            #expect(CRC32.checksum(rest[..<size]) == 0)
            #expect(rest[5] >> 1 & 31 == 3)
            rest.removeFirst(size)
            found += 1
        }
        #expect(found == 9)
    }

    @Test("Damage of any kind breaks nothing but what it hits", arguments: 0..<20)
    func damage(seed: UInt64) {
        var numbers = SeededNumbers(seed: seed)
        var bytes = stream(version: 1, padding: 300, rounds: 6)
        for _ in 0..<40 {
            let place = Int.random(in: 0..<bytes.count, using: &numbers)
            // The sync bytes are there: a segmenter hands on nothing else.
            if place % TransportPacket.size != 0 { bytes[place] = UInt8.random(in: 0...255, using: &numbers) }
        }
        let after = renumbered([bytes, bytes, stream(version: 1)])
        #expect(after[0].count == bytes.count && after[1].count == bytes.count)
        #expect(versions(after[2])[0]?.count == 2)
    }
}
