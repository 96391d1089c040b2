#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Clips for tests that need real media.
public enum TestMedia {
    /// The folder of real captures, where there is one: the environment's `TRICKLE_MEDIA`, or `../shared/media` beside the package.
    public static let folder: String? = {
        let candidates = [
            getenv("TRICKLE_MEDIA").map { String(cString: $0) }, "\(BuiltTool.packageRoot)/../shared/media",
        ]
        return candidates.compactMap { $0 }.first { access("\($0)/big-buck-bunny.mp4", R_OK) == 0 }
    }()

    /// The folder of inputs that once failed, where there is one: the environment's `TRICKLE_CASES`, or `../shared/cases` beside the package.
    public static let cases: String? = {
        let candidates = [
            getenv("TRICKLE_CASES").map { String(cString: $0) }, "\(BuiltTool.packageRoot)/../shared/cases",
        ]
        return candidates.compactMap { $0 }.first { access("\($0)/README.md", R_OK) == 0 }
    }()

    /// The captures with H.264 in them.
    public static let captures = ["big-buck-bunny.mp4", "broadcast-h264-1080-mp2.ts"]

    /// Those that are transport streams already.
    public static let transportStreams = [
        "broadcast-h264-1080-mp2.ts", "broadcast-mpeg2-576-mp2.ts", "broadcast-hevc-2160-aac-scte35.ts",
    ]

    /// Makes a clip with ffmpeg: H.264 with B-frames and a keyframe each second, and a tone in AAC.
    ///
    /// - Parameters:
    ///   - path: The container is chosen by its extension.
    ///   - gop: Frames from one keyframe to the next; 25 are a second.
    public static func makeClip(
        at path: String, seconds: Int = 4, size: String = "320x180", gop: Int = 25
    ) async throws {
        let result = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i",
                "testsrc2=size=\(size):rate=25:duration=\(seconds)",
                "-f", "lavfi", "-i", "sine=frequency=440:duration=\(seconds)", "-c:v", "libx264", "-preset", "veryfast",
                "-bf", "2", "-g", "\(gop)", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", path,
            ])
        guard result.status.isSuccess else { throw ClipFailure(reason: result.errors) }
    }
}

/// ffmpeg could not make a clip.
public struct ClipFailure: Error, CustomStringConvertible {
    let reason: String
    public var description: String { "ffmpeg could not make a clip: \(reason)" }
}
