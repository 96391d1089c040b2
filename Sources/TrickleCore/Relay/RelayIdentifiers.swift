/// One incarnation of a channel: a name that is used again gets another one.
public struct ChannelID: Hashable, Sendable {
    public let value: Int
}

/// One incarnation of a segment: a number that is written again gets another one.
public struct SegmentID: Hashable, Sendable {
    public let value: Int
}

/// One POST of a segment.
public struct PublicationID: Hashable, Sendable {
    public let value: Int
}

/// One of the threads that readers live on; the relay's event loops are numbered 0 … 63.
public struct Lane: Hashable, Sendable {
    public static let maximumCount = 64
    public let index: Int

    public init(_ index: Int) {
        precondition((0..<Self.maximumCount).contains(index), "a lane is 0 … 63, not \(index)")
        self.index = index
    }
}

/// A set of lanes, as one word.
public struct LaneSet: Equatable, Sendable, Sequence {
    private var bits: UInt64 = 0

    public init() {}
    public init(_ lane: Lane) { insert(lane) }

    public var isEmpty: Bool { bits == 0 }
    public func contains(_ lane: Lane) -> Bool { bits & (1 << UInt64(lane.index)) != 0 }
    public mutating func insert(_ lane: Lane) { bits |= 1 << UInt64(lane.index) }
    public mutating func remove(_ lane: Lane) { bits &= ~(1 << UInt64(lane.index)) }
    public mutating func formUnion(_ other: LaneSet) { bits |= other.bits }
    public func subtracting(_ other: LaneSet) -> LaneSet {
        var result = self
        result.bits &= ~other.bits
        return result
    }

    public struct Iterator: IteratorProtocol {
        fileprivate var bits: UInt64
        public mutating func next() -> Lane? {
            guard bits != 0 else { return nil }
            let index = bits.trailingZeroBitCount
            bits &= bits - 1
            return Lane(index)
        }
    }

    public func makeIterator() -> Iterator { Iterator(bits: bits) }
}

/// Something that a lane is to look at again. It says where, not what: the lane asks, and gets all that came since.
public struct Wake: Equatable, Sendable {
    public enum Subject: Hashable, Sendable {
        /// The segment grew, ended, or was left behind: ``RelayStore/pull(_:from:on:into:)``.
        case segment(SegmentID)
        /// What the channel's waiting readers wait for may be there: ``RelayStore/retry(_:on:now:)``.
        case waitingReaders(ChannelID)
        /// The publication was ended by somebody else: ``RelayStore/end(of:)``.
        case publication(PublicationID)
        /// A channel was made that lanes have waited for: ``RelayStore/awaitChannel(_:on:)``.
        case channel(ChannelName)
    }

    public let subject: Subject
    public let lanes: LaneSet
}
