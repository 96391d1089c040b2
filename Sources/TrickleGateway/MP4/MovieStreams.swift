import MPEGTS

/// What of a program goes into fragmented MP4: its first video and its first sound.
struct MovieStreams: Sendable {
    let video: Codec?
    let audio: Codec?
    /// In pixels; an initialization segment holds for one size.
    private(set) var pictureSize: PictureSize?

    /// - Returns: nil as long as the segment's contents do not tell.
    init?(_ contents: SegmentContents) {
        guard let program = contents.program else { return nil }
        video = program.video?.codec
        audio = program.audio?.codec
        pictureSize = contents.pictureSize
        if video != nil, contents.unitCount < 2, pictureSize == nil { return nil }
    }

    /// Takes what a later segment carries for a continuation, if it is one.
    ///
    /// - Returns: false for other streams. A segment that does not begin with a keyframe tells no size, and may go on.
    mutating func goOn(with later: MovieStreams) -> Bool {
        guard video == later.video, audio == later.audio else { return false }
        if let pictureSize, let size = later.pictureSize, size != pictureSize { return false }
        pictureSize = later.pictureSize ?? pictureSize
        return true
    }

    /// Why there is no such movie; nil if there is one.
    var problem: String? {
        switch video {
        case nil where audio == nil: "the channel has neither video nor sound"
        case nil, .h264, .hevc, .av1, .mpeg1Video, .mpeg2Video, .mpeg4Visual, .vc1: nil
        case .some(let codec): "\(codec) does not fit into MP4"
        }
    }

    /// ffmpeg's arguments from a transport stream to fragments of one picture each.
    ///
    /// Pictures are copied. Sound that no browser plays in MP4 becomes AAC.
    var arguments: [String] {
        var arguments = [
            "-threads", "1", "-max_pixels", "\(GatewayChildren.maximumPixelCount)", "-probesize", "1000000",
            "-analyzeduration", "500000", "-protocol_whitelist", "pipe", "-f", "mpegts", "-i", "pipe:0",
        ]
        if let video {
            arguments += ["-map", "0:v:0", "-c:v", "copy"]
            if video == .hevc { arguments += ["-tag:v", "hvc1"] }
        }
        if let audio {
            arguments += ["-map", "0:a:0"]
            switch audio {
            case .aac: arguments += ["-c:a", "copy", "-bsf:a", "aac_adtstoasc"]
            case .opus: arguments += ["-c:a", "copy"]
            default: arguments += ["-c:a", "aac", "-ac", "2", "-b:a", "160k"]
            }
        }
        let flags = "+empty_moov+delay_moov+default_base_moof+skip_trailer+frag_keyframe"
        // Shorter than a picture: each is a fragment, and goes out when the next one begins.
        return arguments + [
            "-movflags", flags, "-frag_duration", video == nil ? "100000" : "10000", "-flush_packets", "1", "-f", "mp4",
            "pipe:1",
        ]
    }
}
