import TrickleCore

/// One segment that is being read. Letting go of it, and of its body, ends its transfer.
@dynamicMemberLookup
public struct SubscribedSegment: Sendable {
    /// Its number, its type, and what came before it.
    public let head: SegmentHead
    /// The bytes, as they trickle in; for one reader.
    public let body: SegmentBody

    public subscript<Value>(dynamicMember member: KeyPath<SegmentHead, Value>) -> Value { head[keyPath: member] }
}
