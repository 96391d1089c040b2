import MPEGTS
import MediaChildren

/// What of a channel goes into fragmented MP4: the video and the sound of the program that its segments are cut for, as far as they come.
struct MovieStreams: Sendable {
    /// How long the sound is waited for that the map lists: 1 s of video. Comes it later, another movie begins.
    static let patience = MediaTicks.seconds(1)

    /// ffmpeg's arguments for a transport stream at its standard input.
    static let input = [
        "-threads", "1", "-max_pixels", "\(FFmpegCommand.maximumPixelCount)", "-probesize", "1000000",
        "-analyzeduration", "500000", "-protocol_whitelist", "pipe", "-f", "mpegts", "-i", "pipe:0",
    ]

    let video: ElementaryStream?
    let audio: ElementaryStream?
    /// In pixels; an initialization segment holds for one size.
    private(set) var pictureSize: PictureSize?
    /// An initialization segment holds for one of these, too.
    private(set) var soundFormat: SoundFormat?

    /// - Parameters:
    ///   - contents: what has come of a segment.
    ///   - hasEnded: whether that is all of it.
    /// - Returns: nil as long as the segment's contents do not tell.
    init?(_ contents: SegmentContents, hasEnded: Bool = false) {
        guard let program = contents.program, let main = contents.mainStream else { return nil }
        let isVideo = main.codec.kind == .video
        video = isVideo ? main : nil
        let listed = program.streams.filter { $0.codec.isPlayableSound }
        audio = listed.first { contents.hasCome($0) }
        pictureSize = contents.pictureSize
        soundFormat = audio == program.audio ? contents.soundFormat : nil
        if hasEnded, contents.unitCount > 0 { return }
        if isVideo {
            if contents.unitCount < 2, pictureSize == nil { return nil }
            let hasWaited = contents.lastUnit.map { $0.elapsed >= Self.patience } ?? false
            if audio == nil, !listed.isEmpty, !hasWaited { return nil }
        } else if contents.unitCount == 0 {
            return nil
        }
    }

    /// Takes what a later segment carries for a continuation, if it is one.
    ///
    /// - Returns: false for other streams, and for ones that come for the first time. What is missing from a segment may come again.
    mutating func goOn(with later: MovieStreams) -> Bool {
        guard later.video == nil || later.video == video, later.audio == nil || later.audio == audio else {
            return false
        }
        if let pictureSize, let size = later.pictureSize, size != pictureSize { return false }
        if let soundFormat, let format = later.soundFormat, format != soundFormat { return false }
        pictureSize = later.pictureSize ?? pictureSize
        soundFormat = later.soundFormat ?? soundFormat
        return true
    }
}

extension ElementaryStream {
    /// The stream of ffmpeg's first input that has this PID, whatever program lists it.
    var ffmpegSpecifier: String { "0:i:\(pid.rawValue)" }
}

extension Codec {
    /// Sound that browsers play, or that ffmpeg decodes.
    fileprivate var isPlayableSound: Bool { kind == .audio && self != .ac4 && self != .mpegH }
}
