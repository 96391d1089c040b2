import Testing
import TrickleTesting

/// What an encoder of ffmpeg's is tried in, where this ffmpeg has it.
struct CodecSelection: Sendable, CustomTestStringConvertible {
    let encoder: String
    /// The endings of files by which ffmpeg chooses the container.
    let containers: [String]
    let options: [String]

    var testDescription: String { "\(encoder) in \(containers.joined(separator: ", "))" }

    private init(_ encoder: String, _ containers: String, _ options: String = "") {
        self.encoder = encoder
        self.containers = containers.split(separator: " ").map(String.init)
        self.options = options.split(separator: " ").map(String.init)
    }

    /// Codecs that MPEG-TS has in many containers, and others in one that is usual for them.
    static let video = [
        CodecSelection("libx264", "mp4 mkv avi asf flv nut mpg h264", "-preset ultrafast -bf 2 -g 5"),
        CodecSelection("libx265", "mp4 mkv hevc", "-preset ultrafast -g 5 -x265-params log-level=none"),
        CodecSelection("mpeg1video", "mpg mkv", "-g 5"), CodecSelection("mpeg2video", "mp4 mkv avi m2v mpg", "-g 5"),
        CodecSelection("mpeg4", "mp4 mov mkv avi asf nut m4v", "-bf 2 -g 5"), CodecSelection("vc2", "mkv"),
        CodecSelection("mjpeg", "avi mov"), CodecSelection("libvpx", "webm"), CodecSelection("libvpx-vp9", "webm mp4"),
        CodecSelection("libaom-av1", "mp4", "-cpu-used 8"), CodecSelection("libtheora", "ogg"),
        CodecSelection("flv", "flv"), CodecSelection("wmv2", "asf"), CodecSelection("prores_ks", "mov"),
        CodecSelection("ffv1", "mkv"), CodecSelection("gif", "gif"), CodecSelection("png", "mov"),
    ]

    static let sound = [
        CodecSelection("aac", "mp4 mkv flv"), CodecSelection("libmp3lame", "mp4 avi"), CodecSelection("mp2", "mpg"),
        CodecSelection("ac3", "mkv mp4"), CodecSelection("eac3", "mp4"), CodecSelection("dca", "mkv", "-strict -2"),
        CodecSelection("truehd", "mkv", "-strict -2"), CodecSelection("libopus", "ogg"),
        CodecSelection("libvorbis", "ogg"), CodecSelection("flac", "flac"), CodecSelection("pcm_s16le", "wav"),
        CodecSelection("alac", "mov"), CodecSelection("wmav2", "asf"),
    ]

    /// Those of `all` whose encoder this ffmpeg has.
    static func available(of all: [CodecSelection]) async -> [CodecSelection] {
        guard let list = try? await RunningTool.run("ffmpeg", ["-hide_banner", "-encoders"]) else { return [] }
        let encoders = Set(
            list.outputText.split(separator: "\n").compactMap { $0.split(separator: " ").dropFirst().first })
        return all.filter { encoders.contains(Substring($0.encoder)) }
    }

    /// Makes a clip of the encoder's in one of its containers.
    func makeClip(at path: String, input: String) async throws {
        let kind = input.hasPrefix("sine") ? "a" : "v"
        let result = try await RunningTool.run(
            "ffmpeg",
            ["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", input, "-c:\(kind)", encoder] + options + [path])
        try #require(result.status.isSuccess, "\(result.errors)")
    }
}
