import ChildProcesses
import MPEGTS
import MediaChildren
import TrickleCore
import TrickleRelay

/// Fragmented MP4 of a channel.
struct MovieProduct: ConversionProduct {
    var kind: String { "mp4" }
    var purpose: ChildPurpose { .movie }
    /// A movie of 8K takes 90 MB.
    var limits: ChildLimits { ChildLimits(memoryByteCount: 256 << 20, niceness: 5) }
    var description: String { "MP4" }

    func output(to derived: ChannelName, on relay: RelayServer) -> MovieOutput { MovieOutput(to: derived, on: relay) }

    /// Why there is no such movie; nil if there is one.
    func problem(of streams: MovieStreams) -> String? {
        switch streams.video?.codec {
        case nil where streams.audio == nil: "the channel has neither video nor sound"
        case nil, .h264, .hevc, .av1, .mpeg1Video, .mpeg2Video, .mpeg4Visual, .vc1: nil
        case .some(let codec): "\(codec) does not fit into MP4"
        }
    }

    /// ffmpeg's arguments from a transport stream to fragments of one picture each.
    ///
    /// Pictures are copied. Sound that no browser plays in MP4 becomes AAC; what ffmpeg does not find after all is left out.
    func arguments(for streams: MovieStreams) -> [String] {
        var arguments = MovieStreams.input
        if let video = streams.video {
            arguments += ["-map", video.ffmpegSpecifier, "-c:v", "copy"]
            if video.codec == .hevc { arguments += ["-tag:v", "hvc1"] }
        }
        if let audio = streams.audio {
            arguments += ["-map", "\(audio.ffmpegSpecifier)\(streams.video == nil ? "" : "?")"]
            switch audio.codec {
            case .aac: arguments += ["-c:a", "copy", "-bsf:a", "aac_adtstoasc"]
            case .opus: arguments += ["-c:a", "copy"]
            default: arguments += ["-c:a", "aac", "-ac", "2", "-b:a", "160k"]
            }
        }
        let flags = "+empty_moov+delay_moov+default_base_moof+skip_trailer+frag_keyframe"
        // Shorter than a picture: each is a fragment, and goes out when the next one begins.
        return arguments + [
            "-movflags", flags, "-frag_duration", streams.video == nil ? "100000" : "10000", "-flush_packets", "1",
            "-f", "mp4",
            "pipe:1",
        ]
    }
}
