import MPEGTS

/// What a channel's newest segments say about its media.
struct ChannelMedia: Sendable {
    struct Video: Sendable {
        let codec: Codec
        let size: PictureSize?
        /// Pictures a second.
        let frameRate: Double?
    }

    /// Of all streams of the program, in its order.
    let codecs: [Codec]
    let video: Video?
    let audio: Codec?
    /// Seconds from one random access point to the next, on average; nil without video, or before there are two.
    let gop: Double?

    /// - Returns: nil where nothing is known.
    init?(_ snapshot: ChannelIndex.Snapshot) {
        guard let contents = snapshot.segments.last(where: { $0.contents.program != nil })?.contents,
            let program = contents.program
        else { return nil }
        codecs = program.streams.map(\.codec)
        audio = program.audio?.codec
        guard let stream = program.video else {
            video = nil
            gop = nil
            return
        }
        let frameRate = contents.unitDuration.map { Double(Timestamp.frequency) / Double($0) }
        video = Video(codec: stream.codec, size: contents.pictureSize, frameRate: frameRate)
        // What has ended is known as a whole.
        let whole = snapshot.segments.suffix(5).filter { $0.state == .complete }.map(\.contents)
        let pointCount = whole.reduce(0) { $0 + $1.randomAccessPoints.count }
        let ticks = whole.reduce(0) { $0 + ($1.duration ?? 0) }
        gop = pointCount > 0 && ticks > 0 ? Double(ticks) / Double(Timestamp.frequency) / Double(pointCount) : nil
    }
}
