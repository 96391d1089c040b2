/// Whether a publisher's bytes wait a little, so that they leave together with those that come close behind: fewer and larger sends
/// for a little delay. What comes after a silence as long as the wait leaves at once.
public enum Coalescing: Sendable, Hashable {
    /// What each read of the publisher's connection brings leaves at once.
    case never
    /// Bytes wait so long at most.
    case always(Duration)
    /// Bytes wait for ``busyInterval`` at most where their event loop has much to do, and leave at once where it has not.
    case whenBusy

    /// No viewer sees it: players keep tens of milliseconds.
    public static let busyInterval = Duration.milliseconds(4)

    /// How long bytes wait at most.
    public var interval: Duration {
        switch self {
        case .never: .zero
        case .always(let interval): interval
        case .whenBusy: Self.busyInterval
        }
    }
}
