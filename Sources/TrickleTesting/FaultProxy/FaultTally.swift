/// What a ``FaultProxy`` has done.
public struct FaultTally: Sendable, Equatable {
    /// Connections that clients made.
    public var connections = 0
    /// Of these, the ones that could not be carried on to the relay, because it did not listen.
    public var unreachable = 0
    public var cuts = 0
    public var resets = 0
    public var silences = 0
    /// Requests that were sent a second time.
    public var repetitions = 0
    /// Bytes that were handed to the relay, without those of repetitions.
    public var bytesToRelay = 0
    /// Bytes that were handed to clients.
    public var bytesFromRelay = 0

    public init() {}

    /// Connections that were broken, in whatever way.
    public var breaks: Int { cuts + resets + silences }

    mutating func count(_ breaking: ConnectionBreak) {
        switch breaking {
        case .cut: cuts += 1
        case .reset: resets += 1
        case .silence: silences += 1
        }
    }
}
