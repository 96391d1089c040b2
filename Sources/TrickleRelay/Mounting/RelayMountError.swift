/// Why a mounted relay does not take a connection, or cannot be mounted.
public enum RelayMountError: Error, CustomStringConvertible {
    /// The group has more event loops than a relay can use.
    case tooManyEventLoops(Int)
    /// The connection is on an event loop of another group than the relay's.
    case otherEventLoop
    /// Its address has as many connections as one may have, or there are as many as may be in all.
    case tooManyConnections
    case goingDown

    public var description: String {
        switch self {
        case .tooManyEventLoops(let count):
            "a relay uses \(RelayConfiguration.maximumThreadCount) event loops at most, not \(count): give it a smaller group"
        case .otherEventLoop: "the connection is on an event loop of another group than the relay's"
        case .tooManyConnections: "too many connections from this address"
        case .goingDown: "the relay is going down"
        }
    }
}
