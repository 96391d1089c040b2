import FragmentedMP4
import Logging
import MPEGTS
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import TrickleGateway

/// `live.mp4`, and the ffmpeg behind it.
@Suite(.needsFFmpegAndCurl, .timeLimit(.minutes(TestLimit.minutes))) struct MovieTests {
    private let channel = try! ChannelName("cam")
    private let folder = TemporaryFolder()
    private let logger = Logger(label: "test")

    private func watch(_ relay: RelayServer, _ name: String, head: String? = nil, to path: String) throws -> RunningTool
    {
        let fields = head.map { ["-D", $0] } ?? []
        return try RunningTool(
            "curl", ["-sS", "--no-buffer"] + fields + ["-o", path, "http://127.0.0.1:\(relay.port)/\(name)/live.mp4"])
    }

    private func hasCome(_ path: String, moreThan count: Int = 0) async throws {
        try await eventually { (TemporaryFolder.contents(of: path)?.count ?? 0) > count }
    }

    private func text(_ path: String) -> String {
        String(decoding: TemporaryFolder.contents(of: path) ?? [], as: UTF8.self)
    }

    private static func events(_ bytes: [UInt8]) throws -> [FragmentEvent] {
        var reader = FragmentReader()
        var events: [FragmentEvent] = []
        try reader.receive(bytes) { events.append($0) }
        return events
    }

    @Test func everyFrameComesThroughAndTheAnswerEndsWithTheChannel() async throws {
        let clip = try await TestClip("clip.ts", in: folder)
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            let publisher = try relay.publisher(of: channel)
            let writer = try publisher.nextSegment()
            try writer.write(clip.segments[0])
            let viewer = try watch(relay, "cam", head: folder("head"), to: folder("live.mp4"))
            try await eventually { relay.window(of: .derived("mp4", from: channel)) != nil }
            try writer.finish()
            try clip.publish(1..<clip.segments.count, to: publisher)
            publisher.close()
            let result = try await viewer.finish()
            #expect(result.status.isSuccess, "\(result.errors)")
            #expect(
                text(folder("head")).contains(/Content-Type: video\/mp4; codecs="avc1\.[0-9A-F]{6},mp4a\.40\.2"\r\n/))
            let source = try await FrameDigests(of: clip.path)
            let played = try await FrameDigests(of: folder("live.mp4"))
            #expect(source.videoCount == 100)
            #expect(played.frames["v"] == source.frames["v"])
            #expect(played.frames["a"] == source.frames["a"])
        }
    }

    @Test func viewersShareOneMovieAndEachBeginsWithAKeyframe() async throws {
        let clip = try await TestClip("clip.ts", in: folder)
        try await withRelayServer { relay in
            let publisher = try relay.publisher(of: channel)
            let movies = LiveConversions<MovieProduct>(
                on: relay, .unhurried, children: GatewayChildren(logger: logger), logger: logger)
            try clip.publish(0..<2, to: publisher)
            let first = try await movies.watch(MovieProduct(), of: channel)
            try clip.publish(2..<3, to: publisher)
            let derived = ChannelName.derived("mp4", from: channel)
            try await eventually { relay.window(of: derived)?.next.value ?? 0 > 1 }
            let second = try await movies.watch(MovieProduct(), of: channel)
            #expect(await movies.count == 1)
            #expect(await movies.viewerSurpluses[channel, default: 0] == 1)
            #expect(first.start.initialization.bytes == second.start.initialization.bytes)
            #expect(second.start.number > first.start.number)
            for start in [first.start, second.start] {
                var segments = relay.subscriber(to: derived, from: .exact(start.number)).makeAsyncIterator()
                var bytes = start.initialization.bytes
                var body = try #require(try await segments.next()).body.makeAsyncIterator()
                bytes += try Array(#require(await body.next()).readableBytesView)
                let events = try Self.events(bytes)
                guard case .initialization(let movie)? = events.first,
                    case .fragment(let fragment)? = events.dropFirst().first
                else {
                    Issue.record("a viewer does not begin with an initialization and a fragment")
                    continue
                }
                #expect(movie.bytes == first.start.initialization.bytes)
                #expect(fragment.isRandomAccessPoint(hasVideo: true))
                #expect(Array(fragment.bytes[4..<8]) == Array("prft".utf8))
            }
            publisher.close()
        }
    }

    @Test func ffmpegEndsAfterTheLastViewerAndBeginsAgainWithTheNext() async throws {
        let clip = try await TestClip("clip.ts", in: folder)
        try await withRelayServer { relay in
            let publisher = try relay.publisher(of: channel)
            try clip.publish(to: publisher)
            var configuration = GatewayConfiguration.unhurried
            configuration.movieGrace = .milliseconds(50)
            let movies = LiveConversions<MovieProduct>(
                on: relay, configuration, children: GatewayChildren(logger: logger), logger: logger)
            for _ in 0..<2 {
                var viewers = [
                    try await movies.watch(MovieProduct(), of: channel),
                    try await movies.watch(MovieProduct(), of: channel),
                ]
                viewers.removeLast()
                #expect(await movies.count == 1)
                viewers.removeLast()
                try await eventually { await movies.count == 0 }
                #expect(relay.window(of: .derived("mp4", from: channel))?.isClosed != false)
            }
            publisher.close()
        }
    }

    @Test func aChannelThatBecomesAnotherEndsTheMovieAndAnotherBegins() async throws {
        let small = try await TestClip("small.ts", in: folder)
        let other = try await TestClip(
            "other.ts", in: folder,
            arguments: [
                "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=2", "-f", "lavfi", "-i", "sine=duration=2",
                "-c:v",
                "libx264", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "mp2",
            ])
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            let publisher = try relay.publisher(of: channel)
            let writer = try publisher.nextSegment()
            try writer.write(small.segments[0])
            let first = try watch(relay, "cam", to: folder("first.mp4"))
            try await hasCome(folder("first.mp4"))
            try writer.finish()
            try other.publish(0..<1, to: publisher)
            #expect(try await first.finish().status.isSuccess)
            let second = try watch(relay, "cam", head: folder("head"), to: folder("second.mp4"))
            try await hasCome(folder("second.mp4"))
            publisher.close()
            #expect(try await second.finish().status.isSuccess)
            // MPEG audio is nothing that browsers play in MP4.
            #expect(text(folder("head")).contains(/codecs="avc1\.[0-9A-F]{6},mp4a\.40\.2"/))
            #expect(try await FrameDigests(of: folder("first.mp4")).videoCount == 25)
            #expect(try await FrameDigests(of: folder("second.mp4")).videoCount == 25)
        }
    }

    @Test func segmentsThatBeginWithoutAKeyframeGoOnWithTheMovie() async throws {
        let clip = try await TestClip(
            "long.ts", in: folder,
            arguments: [
                "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=4", "-c:v", "libx264", "-g", "75",
                "-pix_fmt", "yuv420p", "-bf", "0",
            ])
        // As a publisher cuts that has seen no keyframe for too long.
        var configuration = GOPSegmenter.Configuration()
        configuration.maximumDuration = .seconds(1)
        let recording = try TSRecording(#require(TemporaryFolder.contents(of: clip.path)), configuration)
        #expect(recording.reasons.contains(.maximumDuration))
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            let publisher = try relay.publisher(of: channel)
            let writer = try publisher.nextSegment()
            try writer.write(recording.segments[0].bytes)
            let viewer = try watch(relay, "cam", to: folder("long.mp4"))
            try await hasCome(folder("long.mp4"))
            try writer.finish()
            for segment in recording.segments.dropFirst() {
                let writer = try publisher.nextSegment()
                try writer.write(segment.bytes)
                try writer.finish()
            }
            publisher.close()
            #expect(try await viewer.finish().status.isSuccess)
            #expect(try await FrameDigests(of: folder("long.mp4")).videoCount == 100)
        }
    }

    @Test func whoComesBetweenAChannelsEndAndItsSuccessorsFirstByteWaitsForThat() async throws {
        let clip = try await TestClip("clip.ts", in: folder)
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            let former = try relay.publisher(of: channel)
            try clip.publish(0..<1, to: former)
            former.close()
            let publisher = try relay.publisher(of: channel)
            let viewer = try watch(relay, "cam", head: folder("head"), to: folder("live.mp4"))
            try await eventually {
                let isWaiting = await relay.metrics().contains("trickle_subscribers 1\n")
                return isWaiting || viewer.process.endedWith != nil
            }
            try clip.publish(to: publisher)
            publisher.close()
            #expect(try await viewer.finish().status.isSuccess)
            #expect(text(folder("head")).hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func soundAloneIsPlayedToo() async throws {
        let sound = try await TestClip(
            "sound.ts", in: folder, arguments: ["-f", "lavfi", "-i", "sine=duration=5", "-c:a", "aac"])
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            let publisher = try relay.publisher(of: channel)
            let writer = try publisher.nextSegment()
            try writer.write(sound.segments.flatMap { $0 })
            let viewer = try watch(relay, "cam", head: folder("head"), to: folder("live.mp4"))
            try await eventually { (relay.window(of: .derived("mp4", from: channel))?.next.value ?? 0) > 2 }
            try writer.finish()
            publisher.close()
            #expect(try await viewer.finish().status.isSuccess)
            #expect(text(folder("head")).contains("codecs=\"mp4a.40.2\""))
            let source = try await FrameDigests(of: sound.path)
            let played = try await FrameDigests(of: folder("live.mp4"))
            // It joins at the newest segment of the movie.
            #expect(played.audioCount > 0)
            #expect(source.frames["a"]?.suffix(10) == played.frames["a"]?.suffix(10))
        }
    }

    @Test func whatIsNoMediaIsRefused() async throws {
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            let text = try relay.publisher(of: ChannelName("news"), contentType: "text/plain").nextSegment()
            try text.write(Array("hello\n".utf8))
            for (name, status) in [("news", "415"), ("nobody", "404")] {
                let result = try await RunningTool.run(
                    "curl", ["-s", "-w", "%{http_code}", "http://127.0.0.1:\(relay.port)/\(name)/live.mp4"])
                #expect(result.outputText.hasSuffix(status), "\(name): \(result.outputText)")
            }
        }
    }
}
