import Synchronization

/// For how long a channel is published. The time begins when its publisher has found the relay, which takes long on a busy machine.
final class PublishingTime: Sendable {
    private let length: Duration
    private let end = Mutex<ContinuousClock.Instant?>(nil)

    init(_ length: Duration) { self.length = length }

    func begin() { end.withLock { $0 = $0 ?? .now + length } }

    var isOver: Bool { end.withLock { $0.map { $0 <= .now } ?? false } }

    /// Returns when the time has begun.
    func hasBegun() async throws {
        while end.withLock({ $0 == nil }) { try await Task.sleep(for: .milliseconds(10)) }
    }
}
