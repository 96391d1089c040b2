/// Bytes that the relay keeps or holds.
extension Attack {
    static let segments = [
        endlessPosts, repeatedSegment, largeSegments, smallChunks, smallSegments, emptySegments, stalledReaders,
        packetViewers,
    ]

    private static let endlessPosts = Attack(
        "endless-posts", "20 POSTs that have sent one byte go on without end, each in a channel of its own"
    ) { _ in
        (0..<20).map { number in
            let first = AttackRequest.chunkedPost("/endless\(number)/-1") + "1\r\nx\r\n"
            let chunk = "10000\r\n" + String(repeating: "e", count: 64 << 10) + "\r\n"
            return AttackScript(repeating: chunk, after: first)
        }
    }

    private static let repeatedSegment = Attack(
        "repeated-segment", "50 connections repeat a kept segment of 8 MiB but for its last byte, and stay",
        preparation: { scale in
            let head = AttackRequest.post("/kept/0", byteCount: keptByteCount(scale))
            return [AttackScript(bodyOf: keptByteCount(scale), count: 1) { _ in head }.with { $0.answers = 1 }]
        }
    ) { scale in
        let head = AttackRequest.post("/kept/0", byteCount: keptByteCount(scale))
        let script = AttackScript(bodyOf: keptByteCount(scale) - 1, count: 1) { _ in head }
        return Array(repeating: script, count: scale == .short ? 25 : 50)
    }

    private static func keptByteCount(_ scale: Scale) -> Int { (scale == .short ? 4 : 8) << 20 }

    private static let largeSegments = Attack(
        "large-segments", "one client publishes 17 segments of 63 MiB to 17 channels, again and again"
    ) { _ in
        [
            AttackScript(bodyOf: 63 << 20) { number in
                AttackRequest.post("/large\(number % 17)/-1", byteCount: 63 << 20)
            }
        ]
    }

    private static let smallChunks = Attack(
        "small-chunks", "4 POSTs of chunks of one byte without end"
    ) { _ in
        (0..<4).map { number in
            AttackScript(
                repeating: "1\r\nx\r\n", after: AttackRequest.chunkedPost("/chunks\(number)/-1"))
        }
    }

    private static let smallSegments = Attack(
        "small-segments", "2 clients publish segments of one byte as fast as the relay takes them",
        preparation: { _ in [channel("small")] }
    ) { _ in
        let script = AttackScript(repeating: AttackRequest.post("/small/-1", byteCount: 1) + "x")
        return [script, script]
    }

    private static let emptySegments = Attack(
        "empty-segments", "2 clients make empty segments with DELETE as fast as the relay takes them",
        preparation: { _ in [channel("empty")] }
    ) { _ in
        let script = AttackScript(repeating: AttackRequest.head("DELETE", "/empty/-1"))
        return [script, script]
    }

    private static let stalledReaders = Attack(
        "stalled-readers", "200 readers of a channel of 20 MB/s read nothing, and come again when they are cut",
        stallingReaders: 200, preparation: { _ in [channel("fast")] }
    ) { _ in
        let block = [UInt8](repeating: UInt8(ascii: "f"), count: 100_000)
        let head = Array(AttackRequest.post("/fast/-1", byteCount: 100 * block.count).utf8)
        let publisher = AttackScript { $0 % 101 == 0 ? head : block }.with { $0.interval = .milliseconds(5) }
        let reader = AttackScript(once: AttackRequest.get("/fast/-2")).with { $0.reads = false }
        return [publisher] + Array(repeating: reader, count: 200)
    }

    private static let packetViewers = Attack(
        "packet-viewers", "a transport stream of 20 MB/s in chunks that cut packets, with 20 viewers of /NAME.ts",
        preparation: { _ in [channel("packets")] }
    ) { _ in
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        stream.pes(TestPicture.h264(.idr), pts: 0, marks: .init(randomAccess: true, pcr: 0))
        let beginning = Array(AttackRequest.chunkedPost("/packets/-1").utf8) + chunk(stream.bytes)
        stream.bytes = []
        for _ in 0..<700 { stream.null() }
        // Each of them ends within a packet.
        let more = [chunk(Array(stream.bytes[..<65_700])), chunk(Array(stream.bytes[65_700...]))]
        let end = Array("0\r\n\r\n".utf8)
        let publisher = AttackScript { index in
            guard index % 901 == 0 else { return more[(index % 901 - 1) % 2] }
            return index == 0 ? beginning : end + beginning
        }.with { $0.interval = .milliseconds(3) }
        let viewer = AttackScript(once: AttackRequest.get("/packets.ts"))
        return [publisher] + Array(repeating: viewer, count: 20)
    }

    private static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + Array("\r\n".utf8)
    }
}
