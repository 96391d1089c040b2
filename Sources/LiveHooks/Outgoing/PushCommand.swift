import ChildProcesses
import MPEGTS

/// ffmpeg's command line for sending a transport stream on to a media server.
enum PushCommand {
    /// The protocols that can be pushed to.
    static let schemes: Set<String> = ["rtmp", "rtmps", "rtsp", "rtsps", "srt", "udp", "tcp"]

    /// A stranger's channel does not take the whole machine.
    private static let limits = ChildLimits(memoryByteCount: 2 << 30)

    /// - Parameters:
    ///   - url: Where to.
    ///   - codecs: What the stream is made of, by the names of ``Codec``.
    ///   - absent: Streams that are listed and do not come: they are left out, for nothing is known of them.
    ///   - timeout: How long the server may take nothing.
    static func push(to url: String, codecs: Set<String>, absent: [PID] = [], timeout: Duration) -> ChildCommand {
        var arguments = ["-hide_banner", "-loglevel", "level+warning", "-nostats"]
        // A channel's segments begin with their tables: a short look is enough, and what it sees is kept.
        arguments += ["-analyzeduration", "500000", "-probesize", "500000"]
        // Anybody can publish a channel: nothing in it opens anything else, and a picture beyond 8K is not decoded.
        arguments += ["-max_pixels", "36000000", "-protocol_whitelist", "pipe", "-f", "mpegts", "-i", "pipe:0"]
        let microseconds = String(Int(max(1, timeout / .microseconds(1))))
        let scheme = url.prefix { $0 != ":" }.lowercased()
        let without = absent.flatMap { ["-map", "-0:i:\($0.rawValue)"] }
        switch scheme {
        case "rtmp", "rtmps":
            arguments += ["-map", "0:v:0?", "-map", "0:a:0?"] + without + flashCodecs(codecs)
            arguments += ["-f", "flv", "-flvflags", "no_duration_filesize", "-rw_timeout", microseconds]
        case "rtsp", "rtsps":
            arguments +=
                ["-map", "0:v?", "-map", "0:a?"] + without + ["-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp"]
        default:
            arguments +=
                ["-map", "0"] + without
                + ["-c", "copy", "-copy_unknown", "-f", "mpegts", "-muxdelay", "0", "-muxpreload", "0"]
        }
        return ChildCommand("ffmpeg", arguments + ["-flush_packets", "1", url], limits: limits)
    }

    /// What FLV carries is copied, the rest is encoded: of what ffmpeg 5 can put into it, H.264 and AAC.
    private static func flashCodecs(_ codecs: Set<String>) -> [String] {
        let encodedVideo = [
            "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-pix_fmt", "yuv420p",
            "-force_key_frames", "expr:gte(t,n_forced*2)",
        ]
        return (codecs.isDisjoint(with: otherVideo) ? ["-c:v", "copy"] : encodedVideo)
            + (codecs.isDisjoint(with: otherAudio) ? ["-c:a", "copy"] : ["-c:a", "aac", "-b:a", "128k"])
    }

    private static let otherVideo = names([
        .mpeg1Video, .mpeg2Video, .mpeg4Visual, .hevc, .vvc, .av1, .vc1, .avs, .jpeg2000, .dirac,
    ])
    private static let otherAudio = names([
        .mpegAudio, .aacLATM, .ac3, .eac3, .ac4, .dts, .trueHD, .opus, .smpte302M,
    ])

    static let video = otherVideo.union(names([.h264]))
    static let audio = otherAudio.union(names([.aac, .lpcm, .mpegH]))

    static func names(_ codecs: [Codec]) -> Set<String> { Set(codecs.map(\.description)) }
}
