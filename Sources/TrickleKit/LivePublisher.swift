import Suspension
import Synchronization
import TrickleCore

/// Publishes what a source gives that cannot wait: where the relay, or the way to it, is slower, whole segments are dropped.
///
/// ```swift
/// let live = LivePublisher(publisher, maximumBehind: 3)
/// async let sending: Void = live.run()
/// live.begin(); live.write(bytes); live.begin(); …    // never waits
/// live.finish()
/// try await sending
/// ```
/// A dropped segment's number is ended on the relay, so that nobody waits for it.
public final class LivePublisher: Sendable {
    private struct State {
        var backlog: LiveBacklog
        /// Something has changed since the sender looked last.
        var hasNews = false
        var sender: CheckedContinuation<Void, Never>?
        var lostCount = 0
    }

    private let publisher: Publisher
    private let state: Mutex<State>

    /// - Parameters:
    ///   - publisher: opened already; whoever opened it closes it.
    ///   - maximumBehind: how many segments may wait behind the one that is being sent, with at most 64 MiB in all.
    public init(_ publisher: Publisher, maximumBehind: Int = 3) {
        self.publisher = publisher
        state = Mutex(State(backlog: LiveBacklog(maximumBehind: maximumBehind)))
    }

    /// How many segments were dropped, broken off because they alone were too long, or lost on their way.
    public var droppedCount: Int { state.withLock { $0.backlog.droppedCount + $0.lostCount } }

    /// Begins a segment, and ends the one before.
    public func begin() { change { $0.begin() } }
    public func write(_ bytes: [UInt8]) { change { $0.append(bytes) } }
    /// The source has ended: ``run()`` returns when what is left has been sent.
    public func finish() { change { $0.finish() } }

    /// Sends what there is until the source has ended and the relay has all of it.
    ///
    /// - Throws: ``TrickleError``, as ``Publisher/nextSegment()`` and ``SegmentWriter/write(_:)`` do; `CancellationError`.
    public func run() async throws {
        var segments = SegmentSequenceWriter(publisher)
        try await run(into: &segments)
    }

    /// The same by way of another outlet to the same channel.
    package func run(into segments: inout some AbortableOutlet) async throws {
        while true {
            state.withLock { [lost = segments.droppedCount] in $0.lostCount = lost }
            switch try await next() {
            case .begin: try await segments.begin()
            case .bytes(let bytes): try await segments.write(bytes)
            case .skip:
                try await segments.begin()
                tell("dropped", segments.sequence)
            case .abort:
                tell("broken off", segments.sequence)
                segments.abort()
            case .finish:
                try await segments.finish()
                return state.withLock { [lost = segments.droppedCount] in $0.lostCount = lost }
            }
        }
    }

    private func tell(_ what: String, _ sequence: SequenceNumber?) {
        let segment = sequence.map { "segment \($0)" } ?? "a segment"
        publisher.route.configuration.logger.warning(
            "\(segment) was \(what): the relay takes less than the source gives")
    }

    private func change(_ body: (inout LiveBacklog) -> Void) {
        let sender = state.withLock { state in
            body(&state.backlog)
            state.hasNews = true
            defer { state.sender = nil }
            return state.sender
        }
        sender?.resume()
    }

    private func next() async throws -> LiveBacklog.Step {
        while true {
            try Task.checkCancellation()
            let step = state.withLock { state in
                state.hasNews = false
                return state.backlog.take()
            }
            if let step { return step }
            await waitForNews()
        }
    }

    private func waitForNews() async {
        await state.wait(unless: { $0.hasNews }, keep: { $0.sender = $1 }) { change { _ in } }
    }
}
