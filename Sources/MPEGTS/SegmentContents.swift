/// What a ``SegmentScan`` has found in a segment so far: where a viewer can begin in it, and how long it lasts.
///
/// Offsets are bytes from the beginning of the segment.
public struct SegmentContents: Sendable, Hashable {
    /// Random access points that are kept; when there are more, the last of them takes the place of the one before.
    public static let maximumPointCount = 512
    /// PIDs whose first continuity counter is kept; what comes beyond is not told.
    public static let maximumCounterCount = 512

    /// Whether the bytes are packets of 188 bytes, one directly after the other.
    public enum Alignment: Sendable, Hashable {
        /// There is no byte yet.
        case unknown
        case aligned
        /// No sync byte at this offset, where a packet would begin: 0 says that it is no transport stream of such packets at all.
        /// Nothing behind it has been looked at.
        case broken(at: Int)
    }

    /// A picture of the main stream, or the audio frames of one PES packet.
    public struct Unit: Sendable, Hashable {
        /// Where its first packet begins, or the run of tables directly before that which holds all that a viewer needs.
        public let offset: Int
        /// Whether such tables stand at ``offset``.
        public let hasTables: Bool
        public internal(set) var pts: Timestamp?
        public internal(set) var dts: Timestamp?
        /// How much media has gone by since the first unit of the segment.
        public internal(set) var elapsed: MediaTicks = 0
        /// What makes it a place to begin; nil if it is none.
        public internal(set) var randomAccessPoint: RandomAccessPoint?
    }

    public internal(set) var byteCount = 0
    public internal(set) var alignment = Alignment.unknown
    /// The map of the program that is looked at: the one that the segment was cut for, else the first with video, else the first with any
    /// stream.
    public internal(set) var program: ProgramMap?
    /// The stream that units are told of: the program's first video, else its first audio, else its first stream. A video that is listed and
    /// does not come is none.
    public internal(set) var mainStream: ElementaryStream?
    /// What the video's last random access point says of its pictures; nil where it does not, or there is none.
    public internal(set) var pictureSize: PictureSize?
    /// What the video's first random access point says of its codec; nil as above.
    public internal(set) var videoProfile: VideoProfile?
    /// What the program's first sound says of itself; nil where it does not.
    public internal(set) var soundFormat: SoundFormat?
    /// The last program association table and the map of ``program`` as packets, continuity counters from 0; empty before both have come.
    public internal(set) var tablePackets: [UInt8] = []
    /// The continuity counter of the first packet with payload of each PID.
    public internal(set) var firstCounters: [PID: UInt8] = [:]
    /// Units of the main stream that have begun.
    public internal(set) var unitCount = 0
    public internal(set) var firstUnit: Unit?
    /// The last one of which is known what it is.
    public internal(set) var lastUnit: Unit?
    /// In the order in which they come; at most ``maximumPointCount``.
    public internal(set) var randomAccessPoints: [Unit] = []
    /// Time stamps of the main stream that do not follow on the ones before: back by more than 2 s, forward by more than 10 s.
    public internal(set) var jumpCount = 0
    public internal(set) var isScrambled = false
    /// What a unit lasts on average; where the segment has one unit only, that of the segment before.
    public internal(set) var unitDuration: MediaTicks?
    /// The decoding time stamp, else the presentation time stamp, at which the next unit is due.
    public internal(set) var nextTimestamp: Timestamp?
    /// From the first unit to the end of the last; nil as long as that cannot be told: no unit, or a single one and no
    /// segment before.
    public internal(set) var duration: MediaTicks?

    public init() {}

    /// Whether a packet with payload has come of the stream.
    public func hasCome(_ stream: ElementaryStream) -> Bool { firstCounters[stream.pid] != nil }

    /// Takes over what was found of another stream.
    mutating func use(units other: SegmentContents) {
        unitCount = other.unitCount
        firstUnit = other.firstUnit
        lastUnit = other.lastUnit
        randomAccessPoints = other.randomAccessPoints
        jumpCount = other.jumpCount
        isScrambled = other.isScrambled
        unitDuration = other.unitDuration
        nextTimestamp = other.nextTimestamp
        duration = other.duration
    }

    /// Whether these are packets of 188 bytes from the first to the last, and there is one.
    public var isTransportStream: Bool { alignment == .aligned && byteCount >= TransportPacket.size }

    /// Whether a decoder can begin with the first unit of the segment.
    public var beginsIndependently: Bool { firstUnit?.randomAccessPoint != nil }

    /// When the first unit of the segment is decoded.
    public var firstTimestamp: Timestamp? { firstUnit.flatMap { $0.dts ?? $0.pts } }
}
