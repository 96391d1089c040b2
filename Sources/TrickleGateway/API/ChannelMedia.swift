import MPEGTS
import MediaIndex

/// What a channel's newest segments say about its media: what comes, as playlists and `live.mp4` have it, not what the map lists.
struct ChannelMedia: Sendable {
    struct Video: Sendable {
        let codec: Codec
        let size: PictureSize?
        /// Pictures a second.
        let frameRate: Double?
    }

    /// How many segments are looked at: sound may miss one and come again.
    private static let lookBack = 5

    /// Of all streams that the program's map lists, in its order.
    let codecs: [Codec]
    /// The first video, if it comes.
    let video: Video?
    /// The first sound that comes.
    let audio: Codec?
    /// Seconds from one random access point to the next, on average; nil without video, or before there are two.
    let gop: Double?

    /// - Returns: nil where nothing is known.
    init?(_ snapshot: ChannelIndex.Snapshot) {
        let recent = snapshot.segments.suffix(Self.lookBack)
        let telling =
            recent.last { MovieStreams($0.contents, hasEnded: $0.state != .open) != nil }
            ?? snapshot.segments.last { $0.contents.program != nil }
        guard let contents = telling?.contents, let program = contents.program else { return nil }
        codecs = program.streams.map(\.codec)
        let same = recent.map(\.contents).filter { $0.program == program } + [contents]
        audio =
            program.streams.first { stream in
                stream.codec.kind == .audio && same.contains { $0.hasCome(stream) }
            }?.codec
        guard let stream = contents.mainStream, stream.codec.kind == .video else {
            video = nil
            gop = nil
            return
        }
        let frameRate = contents.unitDuration.map { Double(Timestamp.frequency) / Double(max($0, 1).count) }
        video = Video(codec: stream.codec, size: contents.pictureSize, frameRate: frameRate)
        // What has ended is known as a whole.
        let whole = recent.filter { $0.state == .complete }.map(\.contents)
        let pointCount = whole.reduce(0) { $0 + $1.randomAccessPoints.count }
        let duration = whole.reduce(0) { $0 + ($1.duration ?? 0) }
        gop = pointCount > 0 && duration > 0 ? duration.seconds / Double(pointCount) : nil
    }
}

extension ChannelIndex.Snapshot {
    /// Whether the channel's newest bytes are packets of a transport stream; nil as long as there are too few to tell.
    var isTransportStream: Bool? {
        guard let contents = segments.last(where: { $0.contents.alignment != .unknown })?.contents else { return nil }
        return contents.alignment != .broken(at: 0)
    }
}
