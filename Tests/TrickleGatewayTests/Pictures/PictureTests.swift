import Logging
import MediaIndex
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import TrickleGateway

/// Thumbnails, and what they cost.
@Suite(.needsFFmpegAndCurl, .timeLimit(.minutes(TestLimit.minutes))) struct PictureTests {
    private let channel = try! ChannelName("cam")
    private let folder = TemporaryFolder()
    private let logger = Logger(label: "test")

    private func get(_ path: String, from relay: RelayServer, fields: [String] = []) async throws -> (
        head: String, body: [UInt8]
    ) {
        let head = folder("head")
        let result = try await RunningTool.run(
            "curl", ["-s", "-D", head] + fields.flatMap { ["-H", $0] } + ["http://127.0.0.1:\(relay.port)\(path)"])
        return (String(decoding: TemporaryFolder.contents(of: head) ?? [], as: UTF8.self), result.output)
    }

    private func entityTag(_ head: String) -> Substring? {
        head.split(separator: "\r\n").first { $0.hasPrefix("ETag: ") }?.dropFirst(6)
    }

    /// The picture as bytes of red, green and blue.
    private func decode(_ path: String, _ arguments: [String]) async throws -> [UInt8] {
        let result = try await RunningTool.run(
            "ffmpeg",
            ["-v", "error", "-nostdin", "-i", path] + arguments + ["-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"])
        #expect(result.status.isSuccess, "\(result.errors)")
        return result.output
    }

    /// The mean of the squared differences.
    private func difference(_ first: [UInt8], _ second: [UInt8]) throws -> Double {
        try #require(first.count == second.count)
        let sum = zip(first, second).reduce(0) { sum, pair in
            let distance = Int(pair.0) - Int(pair.1)
            return sum + distance * distance
        }
        return Double(sum) / Double(first.count)
    }

    @Test func aHundredWhoAskAtOnceGetOnePictureFromOneDecoder() async throws {
        let clip = try await TestClip("clip.ts", in: folder)
        try await withRelayServer { relay in
            let publisher = try relay.publisher(of: channel)
            try clip.publish(to: publisher)
            // On a clock that stands: a hundred pictures can take longer than an index is kept for nobody.
            let start = ContinuousClock.now
            let indexes = Indexes(relay, now: { start })
            let pictures = Pictures(of: relay, .unhurried, children: GatewayChildren(logger: logger))
            let index = try #require(indexes.index(of: channel))
            let source = try #require(PictureSource(try await index.snapshot(), of: index))
            let wanted = PictureRequest(.jpg, width: 160)
            let answers = try await withThrowingTaskGroup { group in
                for _ in 0..<100 { group.addTask { try await pictures.picture(source, as: wanted).bytes } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 100 && Set(answers).count == 1)
            #expect(await pictures.decodingCount == 1)
            _ = try await pictures.picture(source, as: wanted)
            #expect(await pictures.decodingCount == 1)
            // The next segment has another picture.
            try clip.publish(0..<1, to: publisher)
            var next = source
            try await eventually {
                next = try #require(PictureSource(try await index.snapshot(), of: index))
                return next != source
            }
            #expect(try await pictures.picture(next, as: wanted).bytes != answers[0])
            #expect(await pictures.decodingCount == 2)
        }
    }

    /// With keyframes behind which pictures come that are shown before them, and refer to the ones before: open GOPs.
    private static let encoders = [
        "-c:v libx264 -preset veryfast -bf 2 -g 25 -sc_threshold 0",
        "-c:v libx264 -g 25 -x264-params open-gop=1:scenecut=0",
        "-c:v mpeg2video -q:v 4 -bf 2 -g 25 -sc_threshold 1000000000",
        "-c:v libx265 -preset ultrafast -g 25 -x265-params open-gop=1:scenecut=0:log-level=none",
    ]

    @Test(arguments: [(0, "jpg"), (0, "webp"), (1, "jpg"), (2, "jpg"), (3, "jpg")])
    func itIsTheNewestKeyframe(_ encoder: Int, _ format: String) async throws {
        let source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=4", "-pix_fmt", "yuv420p"]
        let encoding = Self.encoders[encoder].split(separator: " ").map(String.init)
        let clip = try await TestClip("clip.ts", in: folder, arguments: source + encoding)
        #expect(clip.segments.count >= 4)
        let filters = "select=eq(pict_type\\,I),scale=160:90:flags=area,format=yuv420p"
        let frames = try await decode(clip.path, ["-vf", filters, "-fps_mode", "passthrough"])
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            let publisher = try relay.publisher(of: channel)
            var tag: Substring?
            for number in clip.segments.indices {
                try clip.publish(number..<number + 1, to: publisher)
                var answer = try await get("/cam/thumbnail.\(format)?width=160", from: relay)
                while tag == entityTag(answer.head) {
                    answer = try await get("/cam/thumbnail.\(format)?width=160", from: relay)
                }
                #expect(answer.head.hasPrefix("HTTP/1.1 200 "), "\(answer.head)")
                tag = entityTag(answer.head)
                TemporaryFolder.write(answer.body, to: folder("picture.\(format)"))
                let picture = try await decode(folder("picture.\(format)"), [])
                let size = 160 * 90 * 3
                let differences = try (0..<frames.count / size).map {
                    try difference(picture, Array(frames[$0 * size..<($0 + 1) * size]))
                }
                // 26 dB, and far from all others.
                try #require(number < differences.count)
                #expect(differences[number] < 150, "\(differences)")
                #expect(differences.indices.allSatisfy { $0 == number || differences[$0] > 2 * differences[number] })
            }
        }
    }

    @Test func aStreamThatRefreshesItsPicturesLittleByLittleHasWholeOnes() async throws {
        let source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=4", "-pix_fmt", "yuv420p"]
        let encoding = ["-c:v", "libx264", "-tune", "zerolatency", "-x264-params", "intra-refresh=1:keyint=25"]
        let clip = try await TestClip("clip.ts", in: folder, arguments: source + encoding)
        try #require(clip.segments.count >= 3)
        let frames = try await decode(clip.path, ["-vf", "scale=160:90:flags=area,format=yuv420p"])
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            // Not from its beginning, where an IDR picture is.
            try clip.publish(1..<3, to: relay.publisher(of: channel))
            let answer = try await get("/cam/thumbnail.jpg?width=160", from: relay)
            try #require(answer.head.hasPrefix("HTTP/1.1 200 "), "\(answer.head)")
            TemporaryFolder.write(answer.body, to: folder("picture.jpg"))
            let picture = try await decode(folder("picture.jpg"), [])
            let size = 160 * 90 * 3
            let differences = try stride(from: 0, to: frames.count, by: size).map {
                try difference(picture, Array(frames[$0..<$0 + size]))
            }
            #expect(differences.min() ?? .infinity < 150)
        }
    }

    @Test func thePictureOfAnOpenSegmentIsThereAsSoonAsTheNextHasBegun() async throws {
        let clip = try await TestClip("clip.ts", in: folder)
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            let writer = try relay.publisher(of: channel).nextSegment()
            let answer = try await get("/cam/thumbnail.jpg", from: relay)
            #expect(answer.head.hasPrefix("HTTP/1.1 503 ") && answer.head.contains("\r\nRetry-After: 1\r\n"))
            try writer.write(clip.segments[0][..<(clip.segments[0].count / 376 * 188)])
            try await eventually { try await get("/cam/thumbnail.jpg", from: relay).head.hasPrefix("HTTP/1.1 200 ") }
        }
    }

    @Test func aPictureThatIsKnownIsNotSentAgain() async throws {
        let clip = try await TestClip("clip.ts", in: folder)
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            try clip.publish(to: relay.publisher(of: channel))
            let first = try await get("/cam/thumbnail.jpg", from: relay)
            let tag = try #require(entityTag(first.head))
            let second = try await get(
                "/cam/thumbnail.jpg", from: relay, fields: ["If-None-Match: \(tag)"])
            #expect(second.head.hasPrefix("HTTP/1.1 304 ") && second.body.isEmpty)
            let other = try await get(
                "/cam/thumbnail.jpg?width=64", from: relay, fields: ["If-None-Match: \(tag)"])
            #expect(other.head.hasPrefix("HTTP/1.1 200 ") && other.body.count < first.body.count)
        }
    }

    @Test func whatHasNoPictureIsNotFound() async throws {
        let sound = try await TestClip(
            "sound.ts", in: folder, arguments: ["-f", "lavfi", "-i", "sine=duration=3", "-c:a", "aac"])
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            try sound.publish(to: relay.publisher(of: ChannelName("radio")))
            let text = try relay.publisher(of: ChannelName("news"), contentType: "text/plain").nextSegment()
            try text.write(Array("hello\n".utf8))
            try text.finish()
            for name in ["radio", "news", "nobody"] {
                let answer = try await get("/\(name)/thumbnail.jpg", from: relay)
                #expect(answer.head.hasPrefix("HTTP/1.1 404 "), "\(name): \(answer.head)")
            }
            for width in ["0", "15", "1921", "wide", ""] {
                let answer = try await get("/radio/thumbnail.jpg?width=\(width)", from: relay)
                #expect(answer.head.hasPrefix("HTTP/1.1 400 "), "\(width): \(answer.head)")
            }
        }
    }

    @Test func itIsSavedAsAWholeOrNotAtAll() async throws {
        let clip = try await TestClip("clip.ts", in: folder)
        let name = "a b/?#%é".replacing("/", with: "")
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            try clip.publish(to: relay.publisher(of: ChannelName(name)))
            let script = "\(BuiltTool.packageRoot)/scripts/save-thumbnail"
            let url = "http://127.0.0.1:\(relay.port)/"
            for (stream, file, status) in [(name, "x.webp", Int32(0)), (name, "x.jpg", 0), ("nobody", "y.jpg", 3)] {
                let result = try await RunningTool.run("sh", [script, url, stream, folder(file), "64"])
                #expect(result.status == .exited(status), "\(result.errors)")
            }
            #expect(TemporaryFolder.contents(of: folder("x.jpg"))?.starts(with: [0xFF, 0xD8]) == true)
            #expect(TemporaryFolder.contents(of: folder("x.webp"))?.starts(with: Array("RIFF".utf8)) == true)
            #expect(folder.names() == ["clip.ts", "x.jpg", "x.webp"])
        }
    }
}
