/// When a publisher makes the request for its next segment.
///
/// Relays that announce features bear one for as long as the channel lives. Older servers end each after 40 s, whether its body has begun or
/// not. To them the request goes out shortly before it is needed: the last segment shows how long the next will be.
public struct PreconnectPace: Sendable {
    private var beganAt: Duration?
    /// How long the last segment took.
    private var length: Duration?

    /// How long before its use a request may be on the wire of a server that may not wait for it.
    private static let lead = Duration.seconds(5)

    public init() {}

    /// A segment has its first byte.
    ///
    /// - Returns: how long to wait with the request for the next; nil to wait for the segment's end.
    public mutating func began(now: Duration) -> Duration? {
        beganAt = now
        return length.map { max(.zero, $0 - Self.lead) }
    }

    /// The segment has ended.
    public mutating func ended(now: Duration) {
        if let beganAt { length = now - beganAt }
        beganAt = nil
    }
}
