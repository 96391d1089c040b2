import FragmentedMP4
import MediaIndex
import TrickleCore
import TrickleRelay

/// Publishes a movie's fragments, a segment for each run that a viewer can begin with.
struct MovieOutput: ConversionOutput {
    /// What a viewer begins with.
    struct Start: Sendable {
        let initialization: Initialization
        let number: SequenceNumber
    }

    /// What a segment of sound alone lasts.
    private static let audioSegmentDuration = Duration.seconds(1)

    private let derived: ChannelName
    private let relay: RelayServer
    private var reader = FragmentReader()
    private var initialization: Initialization?
    private var publisher: LocalPublisher?
    private var writer: LocalSegmentWriter?
    /// In ticks of the first track.
    private var segmentStart: UInt64 = 0

    init(to derived: ChannelName, on relay: RelayServer) {
        self.derived = derived
        self.relay = relay
    }

    mutating func receive(_ bytes: [UInt8], _ emit: (Start) -> Void) throws {
        var events: [FragmentEvent] = []
        try reader.receive(bytes) { events.append($0) }
        for event in events {
            switch event {
            case .initialization(let initialization):
                publisher = try relay.publisher(of: derived, contentType: "video/mp4")
                self.initialization = initialization
            case .fragment(let fragment):
                guard let initialization, let number = try write(fragment, initialization) else { continue }
                emit(Start(initialization: initialization, number: number))
            }
        }
    }

    /// Publishes a fragment, with the time at which that happens.
    ///
    /// - Returns: the segment that it is in; nil where it is dropped, because no viewer could begin with it.
    /// - Throws: ``TrickleError``.
    private mutating func write(
        _ fragment: Fragment, _ initialization: Initialization
    ) throws -> SequenceNumber? {
        let main = initialization.tracks[0]
        let part = fragment.parts.first { $0.trackID == main.id }
        if fragment.isRandomAccessPoint(hasVideo: initialization.hasVideo),
            isTime(part?.decodeTime, main, initialization)
        {
            try writer?.finish()
            writer = try publisher?.nextSegment()
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

    mutating func close() {
        try? writer?.finish()
        publisher?.close()
    }

    mutating func breakOff() {
        writer?.abort()
        publisher?.close()
    }

    private func isTime(_ time: UInt64?, _ track: Track, _ initialization: Initialization) -> Bool {
        guard writer != nil, !initialization.hasVideo, let time else { return true }
        let length = Double(time &- segmentStart) / Double(track.timescale)
        return length >= Self.audioSegmentDuration / .seconds(1)
    }
}
