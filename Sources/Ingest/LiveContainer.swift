import ChildProcesses
import MediaChildren

/// What a body without an end may be, other than MPEG-TS: one ffmpeg makes that of it.
enum LiveContainer: String, CaseIterable {
    case mkv, webm, flv, mp4

    /// ffmpeg's name for it.
    private var format: String {
        switch self {
        case .mkv, .webm: "matroska"
        case .flv: "flv"
        case .mp4: "mov"
        }
    }

    /// What WebM holds, MPEG-TS does not.
    private var treatment: StreamPlan.Treatment { self == .webm ? .encode : .copy }

    /// A megabyte or two of media on their way, or the frames of an encoder.
    private var limits: ChildLimits {
        ChildLimits(memoryByteCount: self == .webm ? 1 << 30 : 256 << 20)
    }

    var command: ChildCommand { FFmpegCommand.convert(format, treatment, limits: limits) }
}
