/// What ``GOPSegmenter`` tells, in order. A segment starts, has bytes, ends; the next one starts.
public enum SegmenterEvent: ~Escapable {
    case segmentStarted(SegmentStart)
    /// Whole packets of 188 bytes that belong to the current segment. Valid during the call.
    case bytes(RawSpan)
    case segmentEnded(SegmentEnd)
    /// Something is odd with the stream: told once for each kind.
    case notice(Oddity)
}

/// Why a segment begins, and when.
public struct SegmentStart: Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        /// The first packet of the stream: ``GOPSegmenter/Configuration/startsAtFirstRandomAccessPoint`` is off, or
        /// none came.
        case streamStart
        case randomAccessPoint(RandomAccessPoint)
        /// The map of the program changed.
        case tableChange
        /// A stream that has no random access points of its own was cut after the target duration.
        case targetDuration
        /// No random access point came for the maximum duration.
        case maximumDuration
        /// No random access point came for the maximum number of bytes.
        case maximumByteCount
    }

    public let reason: Reason
    /// The presentation time of the first access unit, where it is known.
    public let pts: Timestamp?
    /// 0, 1, 2 …
    public let index: Int
}

extension SegmentStart.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .streamStart: "start of the stream"
        case .randomAccessPoint(let kind): kind.description
        case .tableChange: "new program map"
        case .targetDuration: "target duration"
        case .maximumDuration: "maximum duration"
        case .maximumByteCount: "maximum size"
        }
    }
}

/// How long a segment was.
public struct SegmentEnd: Sendable, Hashable {
    /// From its first access unit to that of the next segment; of the last segment, to the last time stamp.
    public let duration: Duration
    /// With repeated tables.
    public let byteCount: Int
    /// 0, 1, 2 …
    public let index: Int
}
