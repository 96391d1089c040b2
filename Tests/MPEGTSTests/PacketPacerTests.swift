import MPEGTS
import Testing
import TrickleTesting

@Suite("When stored packets are due")
struct PacketPacerTests {
    private static let second: Int64 = 27_000_000

    /// A packet for each clock reference, and one without between them.
    private func stream(_ references: [(pid: UInt16, pcr: Int64)]) -> [UInt8] {
        var builder = TSBuilder()
        for reference in references {
            builder.payload([], pid: PID(reference.pid), marks: .init(pcr: reference.pcr), startsUnit: false)
            builder.null()
        }
        return builder.bytes
    }

    /// When each packet is due, in milliseconds, however the packets come.
    private func due(_ bytes: [UInt8], packetsPerCall: Int = .max) throws -> [Int64] {
        var pacer = PacketPacer()
        var result: [Int64] = []
        let size = min(packetsPerCall, bytes.count / TransportPacket.size) * TransportPacket.size
        for first in stride(from: 0, to: bytes.count, by: size) {
            let packets = Array(bytes[first..<min(first + size, bytes.count)])
            var end = 0
            for run in pacer.runs(of: packets.span.bytes) {
                #expect(run.range.lowerBound == end)
                end = run.range.upperBound
                let milliseconds = Int64((run.due / .milliseconds(1)).rounded())
                result += Array(repeating: milliseconds, count: run.range.count / TransportPacket.size)
            }
            #expect(end == packets.count)
        }
        return result
    }

    @Test("Packets are due with the clock reference before them")
    func clockReferences() throws {
        let bytes = stream((0..<4).map { (0x100, 5 * Self.second + $0 * Self.second / 10) })
        #expect(try due(bytes) == [0, 0, 100, 100, 200, 200, 300, 300])
    }

    @Test("Any number of packets together, the same times", arguments: [1, 2, 3, 5, 7])
    func anyChunking(packetsPerCall: Int) throws {
        let bytes = stream((0..<20).map { (0x100, $0 * Self.second / 25) })
        #expect(try due(bytes, packetsPerCall: packetsPerCall) == due(bytes))
    }

    @Test("The clock goes on over its wrap")
    func wrap() throws {
        let modulus = (Int64(1) << 33) * 300
        let bytes = stream((0..<3).map { (0x100, (modulus - Self.second + $0 * Self.second) % modulus) })
        #expect(try due(bytes) == [0, 0, 1000, 1000, 2000, 2000])
    }

    @Test("A clock beyond its modulus, which no clock may be, does not go back")
    func overfullExtension() throws {
        var bytes = stream([(0x100, (Int64(1) << 33) * 300 - 1), (0x100, 0)])
        // The last 9 bits of the clock reference: 511 instead of at most 299.
        bytes[10] |= 1
        bytes[11] = 0xFF
        #expect(try due(bytes).sorted() == due(bytes))
    }

    @Test("A jump of the clock, forward or back, costs no time")
    func jumps() throws {
        let times: [Int64] = [0, 1, 1000, 1001, 5, 6].map { $0 * Self.second }
        let bytes = stream(times.map { (0x100, $0) })
        #expect(try due(bytes) == [0, 0, 1000, 1000, 1000, 1000, 2000, 2000, 2000, 2000, 3000, 3000])
    }

    @Test("The clocks of other programs do not count, unless the first falls silent")
    func otherPrograms() throws {
        let both = (0..<10).flatMap { tick -> [(pid: UInt16, pcr: Int64)] in
            [(0x100, tick * Self.second), (0x200, 77 * Self.second + tick)]
        }
        #expect(try due(stream(both)).last == 9000)
        let silent = both + (0..<100).map { (0x200, 100 * Self.second + $0 * Self.second) }
        #expect(try due(stream(silent)).last == 9000 + 99_000)
    }

    @Test("When the clock's PID changes, no more is lost of its time than from one reference to the next")
    func clockPIDChanges() throws {
        let references = (0..<120).map { tick in
            (pid: 0x100 + UInt16(tick / 40), pcr: tick * Self.second / 10)
        }
        let times = try due(stream(references))
        #expect(try #require(times.last) >= 11_900 - 2 * 100)
        let longest = zip(times, times.dropFirst()).map { $1 - $0 }.max()
        #expect(try #require(longest) <= 300)
    }

    @Test("Without clock references, the time stamps of the first stream that has any count")
    func timestamps() throws {
        var builder = TSBuilder()
        // Coded as I P B B: the B pictures go back.
        for pts in [0, 3, 1, 2, 6, 4, 5, 9] as [Int64] {
            builder.pes(TestPicture.h264(.ordinary, size: 20), pts: 900_000 + pts * 9000)
            builder.pes(TestPicture.audio(0xFFF1, size: 20), pid: 0x101, streamID: 0xC0, pts: 5)
        }
        #expect(try due(builder.bytes) == [0, 0, 300, 300, 300, 300, 300, 300, 600, 600, 600, 600, 600, 600, 900, 900])
        #expect(try due(builder.bytes, packetsPerCall: 1) == due(builder.bytes))
    }

    @Test("A clock reference that comes late takes the place of the time stamps")
    func lateReferences() throws {
        var builder = TSBuilder()
        for index in 0..<10 {
            let pts = 900_000 + Int64(index) * 9000
            builder.pes(
                TestPicture.h264(.ordinary, size: 20), pts: pts, marks: .init(pcr: index > 2 ? pts * 300 : nil))
        }
        #expect(try due(builder.bytes) == [0, 100, 200, 200, 300, 400, 500, 600, 700, 800])
    }

    @Test("Without a clock all is due at once")
    func noClock() throws {
        var builder = TSBuilder()
        for _ in 0..<5 { builder.null() }
        #expect(try due(builder.bytes) == [0, 0, 0, 0, 0])
        var pacer = PacketPacer()
        _ = pacer.runs(of: builder.bytes.span.bytes)
        #expect(!pacer.hasClock)
    }

    @Test("Packets are found at the beginning of a file, alone and with prefixes, suffixes and garbage before them")
    func detection() {
        let bytes = stream((0..<20).map { (0x100, $0) })
        #expect(TransportPacket.areFound(in: bytes))
        #expect(TransportPacket.areFound(in: Array(bytes.prefix(188))))
        #expect(TransportPacket.areFound(in: [1, 2, 3] + bytes))
        let packets = stride(from: 0, to: bytes.count, by: 188).map { Array(bytes[$0..<$0 + 188]) }
        #expect(TransportPacket.areFound(in: packets.flatMap { [0, 0, 1, 9] + $0 }))
        #expect(TransportPacket.areFound(in: packets.flatMap { $0 + [UInt8](repeating: 7, count: 16) }))
        #expect(!TransportPacket.areFound(in: []))
        #expect(!TransportPacket.areFound(in: Array("GIF89a".utf8) + [UInt8](repeating: 1, count: 300)))
        #expect(!TransportPacket.areFound(in: Array("Good morning, this is no transport stream. ".utf8)))
        #expect(
            !TransportPacket.areFound(in: [0, 0, 0, 24] + Array("ftypmp42".utf8) + [UInt8](repeating: 0, count: 9000)))
    }
}
