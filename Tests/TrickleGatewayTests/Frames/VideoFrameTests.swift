import Logging
import PictureFormats
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import TrickleGateway

/// Pictures of a video channel, and the ffmpeg that makes them.
@Suite(.needsFFmpegAndCurl, .timeLimit(.minutes(TestLimit.minutes))) struct VideoFrameTests {
    private let channel = try! ChannelName("cam")
    private let folder = TemporaryFolder()
    private let logger = Logger(label: "test")

    /// A minute of small pictures, with a keyframe each second.
    private func clip() async throws -> TestClip {
        try await TestClip(
            "clip.ts", in: folder,
            arguments: [
                "-f", "lavfi", "-i", "testsrc2=size=128x72:rate=25:duration=60", "-c:v", "libx264", "-preset",
                "ultrafast",
                "-g", "25", "-pix_fmt", "yuv420p",
            ])
    }

    /// ffmpeg wants to see more of a channel than one segment before it decodes: publishes one after the other for as long as `body` runs.
    private func publishing<Result>(
        _ clip: TestClip, to publisher: LocalPublisher, _ body: () async throws -> Result
    ) async throws -> Result {
        try clip.publish(0..<1, to: publisher)
        let rest = Task {
            for index in 1..<clip.segments.count {
                try clip.publish(index..<index + 1, to: publisher)
                try await Task.sleep(for: .milliseconds(50))
            }
            publisher.close()
        }
        defer { rest.cancel() }
        return try await body()
    }

    @Test(arguments: [("webp", PictureFormat.webp), ("jpeg", .jpeg)])
    func `viewers of a video channel get pictures of the size and the rate that they ask for`(
        name: String, format: PictureFormat
    ) async throws {
        let clip = try await clip()
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            let publisher = try relay.publisher(of: channel)
            let target = "/cam/ws?frames=\(name)&fps=5&width=64&mode=all&from=0"
            let pictures = try await publishing(clip, to: publisher) {
                try await PlainClient.webSocket(relay.port, target) { viewer in
                    var pictures: [[UInt8]] = []
                    while case .binary(let picture) = try await viewer.next() { pictures.append(picture) }
                    return pictures
                }
            }
            #expect(pictures.count > 5 && pictures.count <= 5 * 60 + 1)
            for picture in pictures {
                #expect(PictureFormat(beginning: picture) == format && !format.isCut(picture))
            }
            let path = folder("picture.\(name)")
            TemporaryFolder.write(pictures[pictures.count / 2], to: path)
            let probe = try await RunningTool.run(
                "ffprobe", ["-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", path])
            #expect(probe.output.starts(with: "64,36".utf8), "\(probe.errors)")
        }
    }

    @Test func `viewers of one size and rate share an ffmpeg, which ends after the last`() async throws {
        let clip = try await clip()
        try await withRelayServer { relay in
            let publisher = try relay.publisher(of: channel)
            var configuration = GatewayConfiguration.unhurried
            configuration.movieGrace = .milliseconds(50)
            let frames = LiveConversions<FrameProduct>(
                on: relay, configuration, children: GatewayChildren(logger: logger), logger: logger)
            let small = FrameProduct(format: .webp, rate: 5, width: 64)
            let other = FrameProduct(format: .jpg, rate: 5, width: 64)
            var viewers = try await publishing(clip, to: publisher) {
                [
                    try await frames.watch(small, of: channel), try await frames.watch(small, of: channel),
                    try await frames.watch(other, of: channel),
                ]
            }
            #expect(await frames.count == 2)
            viewers.removeLast()
            try await eventually { await frames.count == 1 }
            viewers = []
            try await eventually { await frames.count == 0 }
            publisher.close()
        }
    }

    @Test func `what cannot be made is said before the handshake`() async throws {
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            func refusal(_ target: String) async -> String {
                do {
                    try await PlainClient.webSocket(relay.port, target) { _ in }
                    return "taken"
                } catch { return (error as? WebSocketClient.Refused)?.answer ?? "\(error)" }
            }
            let publisher = try relay.publisher(of: channel, contentType: "text/plain")
            let segment = try publisher.nextSegment()
            try segment.write([UInt8](repeating: 65, count: 4096))
            try segment.finish()
            #expect(await refusal("/cam/ws?frames=webp").hasPrefix("HTTP/1.1 415 "))
            #expect(await refusal("/none/ws?frames=webp").hasPrefix("HTTP/1.1 404 "))
            for query in [
                "frames=gif", "frames=webp&fps=0", "frames=webp&fps=61", "frames=webp&width=1", "fps=5",
                "frames=webp&publish=1",
            ] {
                #expect(await refusal("/cam/ws?\(query)").hasPrefix("HTTP/1.1 400 "), "\(query)")
            }
        }
    }
}
