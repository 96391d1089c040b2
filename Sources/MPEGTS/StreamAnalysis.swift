/// What a transport stream is made of, and what is wrong with it: the result of a ``StreamAnalyzer``.
///
/// Encodes as JSON with plain numbers: seconds, bits per second, PIDs in decimal.
public struct StreamAnalysis: Sendable, Encodable {
    public struct Program: Sendable, Encodable {
        public let number: UInt16
        public let mapPID: PID
        /// Whether its map has come.
        public let hasMap: Bool
        /// nil if the program has no clock, or its map has not come.
        public let pcrPID: PID?
        /// Whether this is the program that a segmenter cuts at.
        public let isChosen: Bool
        public let streams: [Stream]
    }

    public struct Stream: Sendable, Encodable {
        public let pid: PID
        public let streamType: UInt8
        public let codec: String
        public let language: String?
        public let packetCount: Int
        /// Bits per second; nil if the stream's time is not known.
        public let bitrate: Double?
        /// Units that begin with a PES header: pictures, mostly, or groups of audio frames.
        public let unitCount: Int
        public let width: Int?
        public let height: Int?
        /// How often each kind of random access point came, by its name.
        public let randomAccessPoints: [String: Int]
        /// H.264: I pictures with parameter sets that no message announces as random access points.
        public let unannouncedIntraCount: Int
        /// Units that have the random access indicator, which may be none or all.
        public let randomAccessIndicatorCount: Int
        /// Seconds from one random access point to the next.
        public let gopDurations: Spread?
        /// Pictures (PES packets) from one random access point to the next.
        public let gopLengths: Spread?
        public let isScrambled: Bool
    }

    /// The smallest, the average and the largest of some values.
    public struct Spread: Sendable, Encodable, Hashable {
        public let minimum: Double
        public let average: Double
        public let maximum: Double
    }

    /// Where a segmenter would cut.
    public struct Segment: Sendable, Encodable {
        /// Why it begins, in words.
        public let reason: String
        /// Ticks of 90 kHz.
        public let pts: Int64?
        /// Seconds.
        public let duration: Double
        public let byteCount: Int
    }

    /// The clock of the chosen program.
    public struct Clock: Sendable, Encodable {
        public let pcrCount: Int
        /// Seconds between PCRs; nil with fewer than two.
        public let intervals: Spread?
        /// Steps that are no time: back, or by more than 10 s.
        public let jumpCount: Int
    }

    /// 188, 192 or 204.
    public let packetSize: Int
    public let packetCount: Int
    public let nullPacketCount: Int
    public let transportStreamID: UInt16?
    /// Seconds, by the clock of the chosen program, else by its time stamps.
    public let duration: Double?
    /// Bits per second of the whole stream.
    public let bitrate: Double?
    public let programs: [Program]
    /// Packets of PIDs that no map lists, tables and null packets left out.
    public let unlistedPIDs: [UnlistedPID]
    public let clock: Clock
    /// All segments that a segmenter would make.
    public let segmentCount: Int
    /// The first of them, at most ``StreamAnalyzer/maximumSegmentCount``.
    public let segments: [Segment]
    /// By the names of ETSI TR 101 290, section 5.2.1 (first priority) and some of 5.2.2; only those that came.
    public let errors: [String: Int]
    /// What the segmenter found odd, in words, and how often.
    public let oddities: [String: Int]

    public struct UnlistedPID: Sendable, Encodable {
        public let pid: PID
        public let packetCount: Int
    }
}

extension PID: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
