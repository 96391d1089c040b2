/// Which program's video decides where a stream is cut. All programs are passed on.
public enum ProgramChoice: Sendable, Hashable {
    /// The first in the program association table that has video; if none has, the first with streams.
    case firstWithVideo
    /// The one with this number.
    case number(UInt16)
    /// Like ``firstWithVideo``, and each segment begins with the maps of all programs.
    case all
}

extension GOPSegmenter {
    /// How to cut. The defaults make a segment of each GOP.
    public struct Configuration: Sendable, Hashable {
        public var program = ProgramChoice.firstWithVideo
        /// GOPs are merged until a segment is as long as this.
        public var minimumDuration = Duration.zero
        /// Where no random access point comes for so long, the segment is cut at any access unit; nil: never. Also ends
        /// the wait for the first one.
        public var maximumDuration: Duration? = .seconds(30)
        /// No segment is larger, but for its tables. Also the size of what is kept while waiting for the first random
        /// access point. At least 64 KiB.
        public var maximumByteCount = 32 << 20
        /// Segments of streams that have no random access points to find (no video, a codec that is not known,
        /// scrambled) are as long as this.
        public var targetDuration = Duration.seconds(2)
        /// Whether what comes before the first random access point is dropped; else it is a segment of its own.
        public var startsAtFirstRandomAccessPoint = true

        public init() {}
    }
}
