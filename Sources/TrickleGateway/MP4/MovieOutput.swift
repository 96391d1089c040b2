import FragmentedMP4
import MediaIndex
import TrickleCore
import TrickleRelay

/// Publishes a movie's fragments, a segment for each run that a viewer can begin with.
struct MovieOutput {
    let initialization: Initialization
    private let publisher: LocalPublisher
    private var writer: LocalSegmentWriter?
    /// In ticks of the first track.
    private var segmentStart: UInt64 = 0

    init(_ publisher: LocalPublisher, _ initialization: Initialization) {
        self.publisher = publisher
        self.initialization = initialization
    }

    /// Publishes a fragment, with the time at which that happens.
    ///
    /// - Returns: the segment that it is in; nil where it is dropped, because no viewer could begin with it.
    /// - Throws: ``TrickleError``.
    mutating func write(_ fragment: Fragment) throws -> SequenceNumber? {
        let main = initialization.tracks[0]
        let part = fragment.parts.first { $0.trackID == main.id }
        if fragment.isRandomAccessPoint(hasVideo: initialization.hasVideo), isTime(part?.decodeTime, main) {
            try writer?.finish()
            writer = try publisher.nextSegment()
            segmentStart = part?.decodeTime ?? 0
        }
        guard let writer else { return nil }
        var bytes: [UInt8] = []
        if let time = part?.decodeTime {
            bytes = ProducerReferenceTime(trackID: main.id, time: .sinceEpoch, mediaTime: time).bytes
        }
        try writer.write(bytes + fragment.bytes)
        return writer.sequence
    }

    /// Ends the channel.
    func close() {
        try? writer?.finish()
        publisher.close()
    }

    /// Ends the channel in the middle of its last segment: viewers are told that it is not whole.
    func breakOff() {
        writer?.abort()
        publisher.close()
    }

    private func isTime(_ time: UInt64?, _ track: Track) -> Bool {
        guard writer != nil, !initialization.hasVideo, let time else { return true }
        let length = Double(time &- segmentStart) / Double(track.timescale)
        return length >= LiveMovie.audioSegmentDuration / .seconds(1)
    }
}
