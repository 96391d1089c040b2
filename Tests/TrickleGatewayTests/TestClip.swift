import MPEGTS
import Testing
import TrickleGateway
import TrickleRelay
import TrickleTesting

extension Trait where Self == ConditionTrait {
    /// The test needs ffmpeg and curl.
    static var needsFFmpegAndCurl: Self {
        .enabled(if: BuiltTool.isInstalled("ffmpeg", "ffprobe", "curl"), "ffmpeg or curl is not installed")
    }
}

/// Real media, made with ffmpeg, as the segments of a channel.
struct TestClip {
    let path: String
    let segments: [[UInt8]]

    /// - Parameters:
    ///   - name: of the file in `folder`, ending in `.ts`.
    ///   - arguments: ffmpeg's, for what it makes; pictures and a tone of 4 s unless told otherwise.
    init(_ name: String, in folder: TemporaryFolder, arguments: [String]? = nil) async throws {
        path = folder(name)
        if let arguments {
            let result = try await RunningTool.run("ffmpeg", ["-v", "error", "-nostdin", "-y"] + arguments + [path])
            guard result.status.isSuccess else { throw ClipFailed(reason: result.errors) }
        } else {
            try await TestMedia.makeClip(at: path)
        }
        segments = try TSRecording(#require(TemporaryFolder.contents(of: path))).segments.map(\.bytes)
    }

    /// Publishes some of its segments, each as a whole.
    func publish(_ range: Range<Int>? = nil, to publisher: LocalPublisher) throws {
        for bytes in segments[range ?? segments.indices] {
            let writer = try publisher.nextSegment()
            try writer.write(bytes)
            try writer.finish()
        }
    }
}

struct ClipFailed: Error, CustomStringConvertible {
    let reason: String
    var description: String { "ffmpeg could not make a clip: \(reason)" }
}

extension GatewayConfiguration {
    /// For tests that wait for an ffmpeg, which may take long on a busy machine.
    static var unhurried: GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.pictureTimeout = TestLimit.wait
        configuration.picturePatience = TestLimit.wait
        configuration.movieStartTimeout = TestLimit.wait
        return configuration
    }
}
