import MPEGTS

/// How far ffmpeg may go from an input: a file that somebody sent can name others, of this machine or of its network, and ffmpeg would
/// read them and publish what is in them.
extension MediaInput {
    /// ffmpeg's formats that hold their media themselves. Not among them is what names other files: playlists (HLS, DASH, IMF), concat scripts,
    /// SDP, numbered pictures, AviSynth. `tty` is text, which is refused for what it is.
    private static let containers = [
        "aac", "ac3", "aiff", "amr", "amrnb", "amrwb", "ape", "apng", "asf", "asf_o", "au", "av1", "avi", "avs2",
        "avs3", "caf", "cavsvideo",
        "dirac", "dts", "dtshd", "dv", "eac3", "flac", "flv", "gif", "gxf", "h261", "h263", "h264", "hevc", "ivf",
        "jpeg_pipe", "kux",
        "live_flv", "loas", "lxf", "m4v", "matroska", "mjpeg", "mlp", "mov", "mp3", "mpc", "mpc8", "mpeg", "mpegts",
        "mpegvideo", "mxf", "nsv",
        "nut", "obu", "ogg", "oma", "png_pipe", "pva", "rm", "swf", "tak", "truehd", "tta", "tty", "ty", "vc1", "voc",
        "vvc", "w64", "wav",
        "webm", "webp_pipe", "wtv", "wv", "xwma", "yuv4mpegpipe",
    ]

    /// What leads from a server's playlist into this machine.
    private static let localProtocols = [
        "file", "fd", "pipe", "unix", "concat", "concatf", "subfile", "cache", "async", "bluray",
    ]

    /// ffmpeg's options that hold it to the input itself. They stand before those of ``arguments(timeout:transport:isHasty:)``.
    ///
    /// - Parameter allowsReferences: Whether a file may name others.
    func boundary(allowsReferences: Bool) -> [String] {
        switch self {
        case .standardInput, .device: return []
        case .stream(let path) where path.hasPrefix("/dev/video"): return []
        case .file, .stream:
            if allowsReferences { return [] }
            return ["-format_whitelist", Self.containers.joined(separator: ","), "-protocol_whitelist", "file"]
                + pictureFormat
        case .url(let scheme, _), .listener(let scheme, _):
            let refused = Self.localProtocols.filter { $0 != scheme }
            return ["-protocol_blacklist", refused.joined(separator: ",")]
        }
    }

    /// By the name of a picture ffmpeg would look for more of them.
    private var pictureFormat: [String] {
        guard case .file(let path) = self, let head = try? FileHead.bytes(ofFile: path) else { return [] }
        switch InputFormat(head: head) {
        case .jpeg: return ["-f", "jpeg_pipe"]
        case .png: return ["-f", "png_pipe"]
        case .webp: return ["-f", "webp_pipe"]
        default: return []
        }
    }
}
