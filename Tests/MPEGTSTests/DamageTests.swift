import MPEGTS
import Testing
import TrickleTesting

@Suite("Damaged streams")
struct DamageTests {
    private let idr = SegmentStart.Reason.randomAccessPoint(.idr)

    /// The packets of a clip in another shape: `prefix` bytes before, `suffix` bytes after each.
    private func reshaped(_ stream: TSBuilder, prefix: Int, suffix: Int) -> [UInt8] {
        stream.packets.flatMap {
            [UInt8](repeating: 0x11, count: prefix) + $0 + [UInt8](repeating: 0x22, count: suffix)
        }
    }

    @Test("Packets of 192 and 204 bytes give the same segments as those of 188", arguments: [(4, 0), (0, 16)])
    func strides(prefix: Int, suffix: Int) throws {
        let stream = videoStream()
        let recording = try expectAnyChunking(reshaped(stream, prefix: prefix, suffix: suffix))
        #expect(try recording.difference(from: TSRecording(stream.bytes)) == nil)
        #expect(recording.notices == [])
    }

    @Test("Garbage before, between and behind packets is dropped and counted")
    func garbage() throws {
        let stream = videoStream()
        var bytes = [UInt8](repeating: 0x47, count: 3) + TestPicture.noise(1000)
        for (index, packet) in stream.packets.enumerated() {
            if index == 30 || index == 60 { bytes += TestPicture.noise(777) }
            bytes += packet
        }
        bytes += TestPicture.noise(500)
        let recording = try expectAnyChunking(bytes)
        #expect(recording.bytes == stream.bytes)
        #expect(recording.reasons == [idr, idr, idr, idr])
        #expect(recording.counts[.droppedBytes] == 1003 + 2 * 777 + 500)
        #expect(recording.counts[.syncLoss] == 3)
        #expect(recording.notices == [.droppedBytes, .syncLoss])
    }

    @Test("A packet whose sync byte is wrong is dropped, and the rest goes on")
    func wrongSyncByte() throws {
        var stream = videoStream()
        stream.bytes[20 * 188] = 0x00
        let recording = try expectAnyChunking(stream.bytes)
        #expect(recording.segments.count == 4)
        #expect(recording.counts[.droppedBytes] == 188)
        #expect(recording.bytes.count == stream.bytes.count - 188)
    }

    @Test("A stream that ends within a packet loses that one only, and says so")
    func truncated() throws {
        let stream = videoStream()
        let recording = try expectAnyChunking(Array(stream.bytes.dropLast(50)))
        #expect(recording.bytes.count == stream.bytes.count - 188)
        #expect(recording.counts == [.truncatedPacket: 1])
    }

    @Test("A stream of fewer packets than a lock takes is passed on", arguments: 1...6)
    func fewPackets(count: Int) throws {
        let bytes = Array(videoStream().bytes.prefix(count * 188))
        let recording = try expectAnyChunking(bytes)
        #expect(recording.bytes == bytes)
    }

    @Test("Packets that come twice are passed on twice, and change nothing")
    func duplicates() throws {
        let stream = videoStream(tablesEvery: 3)
        var doubled = TSBuilder()
        for packet in stream.packets {
            doubled.raw(packet)
            doubled.raw(packet)
        }
        let recording = try expectAnyChunking(doubled.bytes)
        #expect(recording.reasons == [idr, idr, idr, idr])
        #expect(recording.notices == [.duplicatePacket])
        #expect(recording.counts[.duplicatePacket] == stream.packets.count)
        let pids: Set<PID> = [.pat, 0x1000]
        #expect(TSComparison(output: recording.bytes, input: doubled.bytes, renumbered: pids).difference == nil)
    }

    @Test("Packets with the transport error indicator are passed on and not looked at")
    func transportError() throws {
        var stream = videoStream(groupCount: 2)
        stream.payload(TestPicture.h264(.idr), pid: 0x100, marks: .init(transportError: true))
        stream.section(TSBuilder.map([.init(0x24, 0x300)], version: 9), pid: 0x1000)
        stream.bytes[stream.bytes.count - 187] |= 0x80
        let recording = try expectAnyChunking(stream.bytes)
        #expect(recording.reasons == [idr, idr])
        #expect(recording.bytes == stream.bytes)
        #expect(recording.notices.contains(.transportError))
    }

    @Test("Tables with a wrong checksum are ignored and counted", arguments: [PID.pat, 0x1000])
    func wrongChecksum(pid: PID) throws {
        var stream = videoStream(groupCount: 2)
        var section = TSBuilder.map([.init(0x24, 0x300)], version: 9)
        if pid == .pat { section = TSBuilder.section(tableID: 0, number: 1, version: 5, body: [0, 9, 0xE9, 0]) }
        section[section.count - 1] ^= 1
        stream.section(section, pid: pid)
        stream.raw(videoStream(groupCount: 1, firstPTS: 972_000).bytes)
        let recording = try expectAnyChunking(stream.bytes)
        #expect(recording.reasons == [idr, idr, idr])
        #expect(recording.counts[.damagedTable] == 1)
    }

    @Test("Lost packets are counted, and do not keep random access points from being found")
    func lostPackets() throws {
        var stream = TSBuilder()
        for index in 0..<40 {
            if index % 10 == 0 {
                stream.pat()
                stream.pmt([.init(0x1B, 0x100)])
            }
            if index % 3 == 1 { stream.lose(of: 0x100) }
            if index == 15 { stream.lose(3, of: 0x1000) }
            stream.pes(TestPicture.h264(index % 10 == 0 ? .idr : .ordinary), pts: Int64(index) * 3600)
        }
        let recording = try expectSegments(stream)
        #expect(recording.reasons == [idr, idr, idr, idr])
        #expect(recording.notices == [.continuityError])
        #expect(recording.counts[.continuityError] == 14)
    }

    @Test("A program map that lost a packet is let go, not taken for a damaged one")
    func lostTablePacket() throws {
        var stream = videoStream(groupCount: 1)
        var map = TSBuilder()
        map.lose(stream.nextCounter(of: 0x1000), of: 0x1000)
        map.pmt([.init(0x1B, 0x100)], version: 1, padding: 500)
        stream.raw(map.packets[0] + map.packets[2])
        stream.raw(videoStream(groupCount: 1, firstPTS: 936_000).bytes)
        let recording = try expectAnyChunking(stream.bytes)
        #expect(recording.reasons == [idr, idr])
        #expect(recording.notices.contains(.continuityError))
        #expect(recording.counts[.damagedTable] == nil)
    }

    @Test("A program map that is begun anew before it is whole is read from its new beginning")
    func restartedTable() throws {
        var stream = TSBuilder()
        stream.pat()
        var map = TSBuilder()
        map.pmt([.init(0x1B, 0x100)], padding: 500)
        stream.raw(map.packets[0])
        stream.lose(of: 0x1000)
        stream.pmt([.init(0x1B, 0x100)])
        for index in 0..<10 {
            stream.pes(TestPicture.h264(index % 5 == 0 ? .idr : .ordinary), pts: Int64(index) * 3600)
        }
        let recording = try expectSegments(stream)
        #expect(recording.reasons == [idr, idr])
        #expect(recording.notices == [])
    }

    @Test("A counter that jumps where the discontinuity indicator says so is no error")
    func announcedJump() throws {
        var stream = videoStream(groupCount: 1)
        stream.lose(5, of: 0x100)
        stream.pes(TestPicture.h264(.ordinary), pts: 940_000, marks: .init(discontinuity: true))
        #expect(try expectAnyChunking(stream.bytes).notices == [])
    }

    @Test("Scrambled video is cut at the target duration, and that is told once")
    func scrambled() throws {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        for index in 0..<100 {
            let noise = TestPicture.noise(500, seed: index)
            stream.payload(noise, pid: 0x100, marks: .init(scrambling: 2, pcr: Int64(index) * 3600 * 300))
        }
        let recording = try expectSegments(stream)
        #expect(recording.reasons == [.targetDuration, .targetDuration])
        #expect(recording.notices == [.scrambled])
    }

    @Test("A map that lies about the codec leaves the stream whole, and that is told")
    func lyingMap() throws {
        let stream = videoStream(streamType: 0x02, picture: { TestPicture.hevc($1 ? 19 : 1) })
        let recording = try expectSegments(stream)
        #expect(recording.reasons == [.streamStart])
        #expect(recording.bytes == stream.bytes)
        #expect(recording.notices == [.noRandomAccessPoint])
    }

    @Test("A map whose stream is the map's own PID does not mislead")
    func selfReference() throws {
        var stream = TSBuilder()
        for _ in 0..<5 {
            stream.pat()
            stream.pmt([.init(0x1B, 0x1000), .init(0x1B, .pat), .init(0x1B, .null)])
            stream.null()
        }
        let recording = try expectAnyChunking(stream.bytes)
        #expect(recording.bytes == stream.bytes)
    }

    @Test("Units without a PES header are no places to cut")
    func missingPESHeader() throws {
        var stream = videoStream(groupCount: 1)
        stream.payload(TestPicture.h264(.idr), pid: 0x100)
        let recording = try expectAnyChunking(stream.bytes)
        #expect(recording.reasons == [idr])
        #expect(recording.notices == [.missingPESHeader])
    }

    @Test("A stream without tables is passed on whole, and that is told")
    func noTables() throws {
        let stream = videoStream(tablesEvery: nil)
        let pids: [PID] = [.pat, 0x1000]
        let bytes = stream.packets.filter { !pids.contains(PID(UInt16($0[1]) << 8 | UInt16($0[2]))) }.flatMap { $0 }
        let recording = try expectAnyChunking(bytes)
        #expect(recording.reasons == [.streamStart])
        #expect(recording.bytes == bytes)
        #expect(recording.notices == [.noTables])
    }

    @Test("Waiting for the tables, or for a random access point, ends at the maximum size", arguments: [true, false])
    func boundedWait(hasTables: Bool) throws {
        var configuration = GOPSegmenter.Configuration()
        configuration.maximumByteCount = 64 << 10
        var stream = TSBuilder()
        if hasTables {
            stream.pat()
            stream.pmt([.init(0x1B, 0x100)])
        }
        for index in 0..<500 { stream.pes(TestPicture.h264(.ordinary), pts: Int64(index) * 10) }
        let recording = try expectSegments(stream, configuration)
        #expect(recording.reasons.first == .streamStart)
        #expect(recording.segments.count > 2)
        #expect(recording.segments.allSatisfy { $0.bytes.count <= 64 << 10 })
        let rest = TSComparison(output: recording.bytes, input: stream.bytes, renumbered: [.pat, 0x1000])
        #expect(rest.skippedCount == 0)
    }
}
