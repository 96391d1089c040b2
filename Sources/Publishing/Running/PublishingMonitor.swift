import Endings
import Synchronization

/// What others may know of a publication that runs, and tell it.
public final class PublishingMonitor: Sendable {
    public enum Phase: String, Sendable {
        case opening, publishing, waiting
    }

    public struct Status: Sendable {
        public var phase = Phase.opening
        /// How often a source was opened.
        public var openings = 0
        public var segments = 0
        public var byteCount = 0
    }

    /// Has a source that is away opened at once, because there is news of it.
    public let news = Nudge()
    private let state = Mutex(Status())
    private let end = Atomic(false)

    public init() {}

    /// Whether the source has been said to be gone for good: its next end is the last.
    public var isOver: Bool { end.load(ordering: .acquiring) }

    /// The source is gone for good, or, where that was an error, is not.
    public func setOver(_ isOver: Bool) {
        end.store(isOver, ordering: .releasing)
        news.give()
    }

    public var status: Status { state.withLock { $0 } }

    func update(_ change: (inout Status) -> Void) { state.withLock { change(&$0) } }
}
