import Synchronization

/// A place for one child, for as long as somebody holds it and it has not been given back.
public final class ChildPermit: Sendable {
    public let purpose: ChildPurpose
    private let end: @Sendable () -> Void
    private let isGivenBack = Atomic(false)

    init(of purpose: ChildPurpose, end: @escaping @Sendable () -> Void) {
        self.purpose = purpose
        self.end = end
    }

    /// The child has ended. Nothing happens when it is called again.
    public func giveBack() {
        if !isGivenBack.exchange(true, ordering: .acquiringAndReleasing) { end() }
    }

    deinit { giveBack() }
}
