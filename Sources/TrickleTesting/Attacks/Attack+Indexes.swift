import MPEGTS

/// What the gateway keeps of channels beside their bytes.
extension Attack {
    static let indexes = [indexedChannels]

    private static let indexedChannels = Attack(
        "indexed-channels", "64 channels of 1,000 segments of one packet and long tables, each asked for its playlist",
        preparation: { scale in
            let segments = tinySegments(count: scale == .short ? 300 : 1000)
            return (0..<indexedChannelCount(scale)).map { channel in
                AttackScript { number in
                    guard number < segments.count else {
                        return number == segments.count ? Array(playlist(channel).utf8) : nil
                    }
                    let segment = segments[number]
                    let head = AttackRequest.post("/indexed\(channel)/-1", byteCount: segment.count)
                    return Array(head.utf8) + segment
                }.with { $0.answers = segments.count + 1 }
            }
        }
    ) { scale in
        (0..<indexedChannelCount(scale)).map { channel in
            AttackScript(asking: playlist(channel))
        } + [AttackScript(asking: AttackRequest.get("/_api/channels"))]
    }

    private static func playlist(_ channel: Int) -> String { AttackRequest.get("/indexed\(channel)/index.m3u8") }

    private static func indexedChannelCount(_ scale: Scale) -> Int { scale == .short ? 8 : 64 }

    /// The first has tables as long as they may be and tells how long a unit of sound lasts; each of the others is one unit.
    private static func tinySegments(count: Int) -> [[UInt8]] {
        var stream = TSBuilder()
        stream.pat((1...250).map { ($0, PID(0x1000 + $0)) })
        stream.pmt([.init(0x0F, 0x100)], pid: 0x1001, padding: 900)
        let frame = TestPicture.audio(0xFFF1, size: 100)
        return (0..<count).map { number in
            for unit in 0..<(number == 0 ? 3 : 1) {
                let time = Int64(number + (number == 0 ? unit : 2)) * 1920
                stream.pes(frame, streamID: 0xC0, pts: time)
            }
            defer { stream.bytes = [] }
            return stream.bytes
        }
    }
}
