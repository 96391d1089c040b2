/// The decoded frames of a file, each as its size and hash: what has to survive any way of carrying the file.
public struct FrameDigests: Equatable, Sendable {
    /// For each kind of stream, `size hash` of its frames in order.
    public let frames: [String: [String]]

    /// Decodes all video and audio of a file with ffmpeg.
    public init(of path: String) async throws {
        var frames: [String: [String]] = [:]
        for kind in ["v", "a"] {
            let result = try await RunningTool.run(
                "ffmpeg",
                [
                    "-v", "error", "-nostdin", "-i", path, "-map", "0:\(kind)?", "-fps_mode", "passthrough", "-f",
                    "framemd5", "-",
                ])
            guard result.status.isSuccess else { continue }
            frames[kind] = Self.digests(result.outputText)
        }
        self.frames = frames
    }

    public var videoCount: Int { frames["v"]?.count ?? 0 }
    public var audioCount: Int { frames["a"]?.count ?? 0 }

    /// Columns of the format: stream, dts, pts, duration, size, hash.
    private static func digests(_ text: String) -> [String] {
        text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            line.split(separator: ",").suffix(2).map { $0.filter { $0 != " " } }.joined(separator: " ")
        }
    }
}
