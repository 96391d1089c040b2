import MPEGTS

/// All that a segmenter told about a stream, with the bytes of each segment in one piece.
public struct TSRecording: Equatable, Sendable {
    public struct Segment: Equatable, Sendable {
        public var start: SegmentStart
        public var bytes: [UInt8] = []
        public var end: SegmentEnd?

        /// PIDs of its packets, in order.
        public var pids: [PID] {
            stride(from: 0, to: bytes.count, by: TransportPacket.size).map { TSRecording.pid(bytes[$0...]) }
        }
    }

    public var segments: [Segment] = []
    public var notices: [Oddity] = []
    public var counts: [Oddity: Int] = [:]
    /// Runs of bytes that were handed on.
    public var pieceCount = 0

    /// Why each segment started.
    public var reasons: [SegmentStart.Reason] { segments.map(\.start.reason) }
    /// All segments, one after the other.
    public var bytes: [UInt8] { segments.flatMap(\.bytes) }

    private init() {}

    /// Segments a stream that comes in pieces of the given sizes, which repeat; nil: all at once.
    ///
    /// - Throws: what the segmenter throws.
    public init(
        _ stream: [UInt8], _ configuration: GOPSegmenter.Configuration = .init(), pieceSizes: [Int]? = nil
    ) throws {
        var segmenter = GOPSegmenter(configuration)
        var offset = 0
        var index = 0
        let sizes = pieceSizes ?? [max(stream.count, 1)]
        while offset < stream.count {
            let end = min(offset + max(sizes[index % sizes.count], 1), stream.count)
            index += 1
            try segmenter.receive(stream.span.bytes.extracting(offset..<end)) { record($0) }
            offset = end
        }
        try segmenter.finish { record($0) }
        counts = segmenter.oddityCounts
    }

    /// Takes note of an event.
    public mutating func record(_ event: borrowing SegmenterEvent) {
        switch event {
        case .segmentStarted(let start): segments.append(Segment(start: start))
        case .bytes(let span):
            pieceCount += 1
            span.withUnsafeBytes { segments[segments.count - 1].bytes.append(contentsOf: $0) }
        case .segmentEnded(let end): segments[segments.count - 1].end = end
        case .notice(let oddity): notices.append(oddity)
        }
    }

    /// What differs between two recordings, in a line; nil if nothing does.
    public func difference(from other: TSRecording) -> String? {
        if reasons != other.reasons { return "reasons \(reasons) and \(other.reasons)" }
        for (left, right) in zip(segments, other.segments) {
            if left.start != right.start { return "\(left.start) and \(right.start)" }
            if left.end != right.end { return "\(String(describing: left.end)) and \(String(describing: right.end))" }
            if left.bytes != right.bytes { return "bytes of segment \(left.start.index)" }
        }
        if notices != other.notices { return "notices \(notices) and \(other.notices)" }
        return counts == other.counts ? nil : "counts \(counts) and \(other.counts)"
    }

    public static func == (left: TSRecording, right: TSRecording) -> Bool {
        left.segments == right.segments && left.notices == right.notices && left.counts == right.counts
    }

    static func pid(_ packet: ArraySlice<UInt8>) -> PID {
        PID(UInt16(packet[packet.startIndex + 1]) << 8 | UInt16(packet[packet.startIndex + 2]))
    }
}
