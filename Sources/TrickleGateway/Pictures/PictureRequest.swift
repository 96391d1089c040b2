import MPEGTS
import MediaChildren
import TrickleRelay

/// Which picture of a channel is wanted.
struct PictureRequest: Hashable, Sendable {
    enum Format: String, Sendable, CaseIterable {
        case jpg, webp

        var contentType: String {
            switch self {
            case .jpg: "image/jpeg"
            case .webp: "image/webp"
            }
        }

        /// How ffmpeg writes it.
        var arguments: [String] {
            switch self {
            case .jpg: ["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p", "-f", "mjpeg"]
            case .webp: ["-c:v", "libwebp", "-quality", "75", "-f", "image2pipe"]
            }
        }
    }

    /// The widest picture that is made.
    static let maximumWidth = 1920

    let format: Format
    /// In pixels; nil for the picture's own.
    let width: Int?

    init(_ format: Format, width: Int? = nil) {
        self.format = format
        self.width = width
    }

    /// ffmpeg's arguments from a transport stream to one picture with square pixels.
    ///
    /// - Parameter video: the stream that it is taken of.
    func arguments(of video: ElementaryStream) -> [String] {
        let even = { (length: String) in "trunc(\(length)/2)*2" }
        let size =
            if let width {
                "w=\(width):h='max(2,\(even("\(width)/dar")))'"
            } else {
                "w='min(\(Self.maximumWidth),\(even("ih*dar")))':h='\(even("min(ih,\(Self.maximumWidth)/dar)"))'"
            }
        // Both formats have the colours of ITU-R BT.601, whatever the video has.
        let colours = "out_color_matrix=bt601"
        // Pictures that come behind a keyframe can be shown before it, and refer to what is not there.
        return [
            "-threads", "1", "-max_pixels", "\(FFmpegCommand.maximumPixelCount)", "-max_error_rate", "1",
            "-skip_frame", "bidir", "-probesize", "32768", "-analyzeduration", "0", "-protocol_whitelist", "pipe",
            "-f", "mpegts", "-i", "pipe:0",
            "-map", video.ffmpegSpecifier, "-frames:v", "1", "-vf", "scale=\(size):flags=area:\(colours),setsar=1",
        ] + format.arguments + ["-threads", "1", "pipe:1"]
    }
}
