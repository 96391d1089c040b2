import MPEGTS
import Testing
import TrickleTesting

@Suite("Marks where another stream goes on")
struct DiscontinuityMarkerTests {
    private static let video = PID(0x100)
    private static let audio = PID(0x101)

    /// What of a packet matters here.
    private struct Seen: Equatable, CustomStringConvertible {
        var pid: UInt16
        var isMarked: Bool
        var hasPayload: Bool
        var counter: UInt8

        init(_ pid: PID, _ isMarked: Bool, payload: Bool = true, counter: UInt8) {
            (self.pid, self.isMarked, hasPayload, self.counter) = (pid.rawValue, isMarked, payload, counter)
        }

        init(_ packet: [UInt8]) {
            let header = PacketHeader(packet.span.bytes)
            let field = AdaptationField(packet.span.bytes)
            self.init(
                header.pid, field.discontinuityIndicator, payload: header.hasPayload, counter: header.continuityCounter)
        }

        var description: String { "\(pid)\(isMarked ? "!" : "")\(hasPayload ? "" : "-")#\(counter)" }
    }

    private func packets(_ bytes: [UInt8]) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: TransportPacket.size).map {
            Array(bytes[$0..<min($0 + TransportPacket.size, bytes.count)])
        }
    }

    private func marked(_ bytes: [UInt8]) -> [Seen] {
        var marker = DiscontinuityMarker()
        return packets(marker.mark(bytes)).map { Seen($0) }
    }

    @Test("The first packet of each PID is marked, and only that one")
    func firstOfEach() {
        var builder = TSBuilder()
        builder.pat()
        builder.pmt([.init(0x1B, Self.video), .init(0x0F, Self.audio)])
        builder.pes(TestPicture.h264(.idr, size: 300), marks: .init(pcr: 0))
        builder.pes([UInt8](repeating: 1, count: 300), pid: Self.audio, streamID: 0xC0)
        builder.pat()
        let after = marked(builder.bytes)
        for pid in [PID.pat, PID(0x1000), Self.video, Self.audio] {
            let ofPID = after.filter { $0.pid == pid.rawValue }
            #expect(ofPID.first?.isMarked == true, "\(pid)")
            #expect(ofPID.dropFirst().allSatisfy { !$0.isMarked }, "\(pid)")
        }
    }

    @Test("Tables take the mark into their stuffing, and say the same")
    func tables() throws {
        var builder = TSBuilder()
        builder.pat()
        builder.pmt([.init(0x1B, Self.video)])
        var marker = DiscontinuityMarker()
        let after = marker.mark(builder.bytes)
        #expect(after.count == builder.bytes.count)
        for (before, packet) in zip(builder.packets, packets(after)) {
            let header = PacketHeader(packet.span.bytes)
            let payload = packet[header.payloadOffset...]
            #expect(before[4...].starts(with: payload))
            #expect(before.suffix(2) == [0xFF, 0xFF])
        }
        var analyzer = StreamAnalyzer()
        try analyzer.receive(after.span.bytes, now: .zero)
        #expect(try analyzer.finish().programs.first?.hasMap == true)
    }

    @Test("A packet without room is preceded by one that has nothing but the mark")
    func addedPacket() {
        var builder = TSBuilder()
        builder.lose(7, of: Self.video)
        builder.payload([0, 0, 1, 0xE0] + [UInt8](repeating: 0xFF, count: 180), pid: Self.video)
        #expect(
            marked(builder.bytes) == [
                Seen(Self.video, true, payload: false, counter: 6), Seen(Self.video, false, counter: 7),
            ])
    }

    @Test("What a PID has before its first unit begins is left out")
    func rest() {
        var builder = TSBuilder()
        builder.payload([UInt8](repeating: 7, count: 400), pid: Self.audio, startsUnit: false)
        builder.payload([0, 0, 1, 0xC0] + [UInt8](repeating: 0, count: 100), pid: Self.audio)
        let rest = builder.packets.count - 1
        #expect(rest == 3)
        #expect(marked(builder.bytes) == [Seen(Self.audio, true, counter: 3)])
    }

    @Test("A clock without payload passes, marked, before the first unit")
    func clockAlone() {
        var builder = TSBuilder()
        builder.payload([], pid: Self.video, marks: .init(pcr: 27), startsUnit: false)
        builder.payload([0, 0, 1, 0xE0], pid: Self.video)
        let after = marked(builder.bytes)
        #expect(after.map(\.isMarked) == [true, true])
        #expect(after.map(\.hasPayload) == [false, true])
    }

    @Test("A PID without units is passed on after a while")
    func opaque() {
        var builder = TSBuilder()
        let count = DiscontinuityMarker.maximumDroppedCount
        for _ in 0..<count + 2 { builder.payload([UInt8](repeating: 7, count: 184), pid: 0x200, startsUnit: false) }
        let after = marked(builder.bytes)
        #expect(after.map(\.isMarked) == [true, false, false])
        #expect(after.last?.counter == UInt8((count + 1) % 16))
    }

    @Test("Null packets and damaged ones stay as they are")
    func others() {
        var builder = TSBuilder()
        builder.null()
        builder.payload([1], pid: Self.audio, marks: .init(transportError: true))
        var marker = DiscontinuityMarker()
        #expect(marker.mark(builder.bytes) == builder.bytes)
    }

    @Test("Any number of packets together, the same marks", arguments: [1, 2, 3, 5])
    func anyChunking(packetsPerCall: Int) {
        var builder = TSBuilder()
        for index in 0..<6 {
            builder.pat()
            builder.payload([UInt8](repeating: 7, count: 200), pid: Self.audio, startsUnit: index > 1)
            builder.pes(TestPicture.h264(.idr, size: 300), marks: .init(pcr: Int64(index) * 27_000))
        }
        var whole = DiscontinuityMarker()
        var parts = DiscontinuityMarker()
        var joined: [UInt8] = []
        let all = builder.packets
        for start in stride(from: 0, to: all.count, by: packetsPerCall) {
            joined += parts.mark(Array(all[start..<min(start + packetsPerCall, all.count)].joined()))
        }
        #expect(joined == whole.mark(builder.bytes))
    }
}
