import Synchronization

/// Notices that something from which bytes are expected gives none, or that something to which they go takes none.
///
/// Only the time counts in which somebody waits for it: a slow taker is no silence of the source.
package final class SilenceWatch: Sendable {
    private let limit: Duration
    private let waitingSince: Mutex<ContinuousClock.Instant?> = Mutex(nil)
    private let watching: Mutex<Task<Void, any Error>?> = Mutex(nil)

    /// - Parameters:
    ///   - limit: The longest silence.
    ///   - act: Called once, when it is over.
    package init(limit: Duration, _ act: @escaping @Sendable () -> Void) {
        self.limit = limit
        let task = Task { [weak self] in
            while let due = self?.due {
                if due <= .now { return act() }
                try await Task.sleep(until: due)
            }
        }
        watching.withLock { $0 = task }
    }

    deinit { watching.withLock { $0?.cancel() } }

    /// Somebody waits for bytes from now on.
    package func isAwaited() { waitingSince.withLock { $0 = .now } }

    /// They have come, or their end.
    package func hasCome() { waitingSince.withLock { $0 = nil } }

    /// When the silence will have been too long, as things stand.
    private var due: ContinuousClock.Instant { (waitingSince.withLock { $0 } ?? .now) + limit }
}
