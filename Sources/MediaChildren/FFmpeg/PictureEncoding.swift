import PictureFormats
import TrickleCore

/// Which pictures ffmpeg is to make of a video, one behind the other.
public struct PictureEncoding: Equatable, Sendable {
    /// What browsers show.
    public enum Format: String, CaseIterable, Sendable {
        case webp, jpeg, avif
    }

    public var format = Format.webp
    /// 1 … 100; as libwebp and libjpeg count.
    public var quality = 75
    /// In pixels; what is wider is made smaller.
    public var maximumWidth = 1280
    /// Pictures a second, at most.
    public var maximumRate = 30.0
    /// Whether keyframes are enough: nothing else is decoded.
    public var keyframesOnly = false

    public init() {}

    /// As `Content-Type` has it.
    public var contentType: String {
        switch format {
        case .webp: PictureFormat.webp.contentType
        case .jpeg: PictureFormat.jpeg.contentType
        case .avif: PictureFormat.avif.contentType
        }
    }

    /// How the stream of them is cut.
    public var structure: PictureSplitter.Structure {
        switch format {
        case .webp: .webp
        case .jpeg: .jpeg
        case .avif: .av1
        }
    }

    /// ffmpeg's name of the encoder.
    public var encoder: String {
        switch format {
        case .webp: "libwebp"
        case .jpeg: "mjpeg"
        case .avif: "libaom-av1"
        }
    }

    /// ffmpeg's options for one output.
    var arguments: [String] {
        ["-an", "-sn", "-dn", "-filter:v", "\(thinning),\(scaling)", "-fps_mode", "passthrough", "-c:v", encoder]
            + encoderOptions + ["-f", format == .avif ? "ivf" : "image2pipe", "-flush_packets", "1"]
    }

    private var encoderOptions: [String] {
        switch format {
        // Each level of compression takes a third more time, for 2 % less of bytes.
        case .webp: ["-quality", "\(quality)", "-compression_level", "0"]
        // JFIF has the full range of colours, which ffmpeg has another name for.
        case .jpeg: ["-q:v", DecimalText.fixed(quantizer, digits: 1), "-strict", "unofficial", "-color_range", "pc"]
        // Each picture a keyframe; at 75 as like the original as WebP is.
        case .avif:
            [
                "-usage", "allintra", "-cpu-used", "8", "-row-mt", "1", "-g", "0", "-b:v", "0", "-crf",
                "\(min(63, (100 - quality) * 27 / 25))",
            ]
        }
    }

    /// What suits ``quality``: with 8, ffmpeg's tables are as fine as libjpeg's of quality 75, which libjpeg scales by this rule.
    private var quantizer: Double {
        let percent = quality < 50 ? 5000 / Double(quality) : 200 - 2 * Double(quality)
        return min(max(2, percent * 16 / 100), 31)
    }

    /// Leaves pictures out that come faster than they may. Unlike ffmpeg's filter `fps` it makes none of its own, and does not wait for the next
    /// to know what to do with one. Variable 0 is when the next is due; times that jump back begin anew.
    private var thinning: String {
        let span = "1/\(maximumRate)"
        let isDue = "isnan(prev_selected_t)+gte(t,ld(0)-0.25*\(span))+gt(ld(0)-t,2*\(span))"
        let next = "if(gt(ld(0)-t,2*\(span)),t,max(ld(0),t-0.5*\(span)))+\(span)"
        return "select='if(\(isDue),1+0*st(0,\(next)),0)'"
    }

    /// Pixels that are not square become so, for pictures have no others.
    private var scaling: String {
        // Pictures that do not say otherwise have the colours of BT.601, as JFIF and WebP always have; video of today has others.
        let size =
            "scale=w='max(2,trunc(min(iw*sar,\(maximumWidth))/2)*2)':h='max(2,trunc(ow/dar/2)*2)':out_color_matrix=bt601"
        return format == .jpeg ? "\(size):out_range=full,format=yuv420p" : "\(size),format=yuv420p"
    }
}
