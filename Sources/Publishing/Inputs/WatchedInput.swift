import ChildProcesses
import MediaChildren
import Synchronization

/// A source that is ended when it brings no packet for too long.
///
/// What counts is packets, so that bytes that lead to none do not help. The time in which nobody asks for more is no silence of the source.
package final class WatchedInput: SourceInput {
    /// Shared with what is called when the time is over.
    private final class Silence: Sendable {
        let wasTooLong = Atomic(false)
    }

    private let input: any SourceInput
    private let watch: SilenceWatch?
    private let silence = Silence()
    private let isAwaited = Atomic(false)

    /// - Parameter limit: The longest time without a packet; nil for any.
    package init(_ input: any SourceInput, limit: Duration?) {
        self.input = input
        watch = limit.map { [silence] limit in
            SilenceWatch(limit: limit) {
                silence.wasTooLong.store(true, ordering: .releasing)
                input.requestEnd()
            }
        }
    }

    /// Whether it was ended because it brought nothing.
    package var isStalled: Bool { silence.wasTooLong.load(ordering: .acquiring) }

    package var canWait: Bool { input.canWait }
    package var isPaced: Bool { input.isPaced }
    package var isStored: Bool { input.isStored }
    package var isPassive: Bool { input.isPassive }

    /// - Returns: nil at the end.
    /// - Throws: ``SourceFailure``; `CancellationError`.
    package func next() async throws -> SourceEvent? {
        if !isAwaited.exchange(true, ordering: .relaxed) { watch?.isAwaited() }
        do {
            return try await input.next()
        } catch let error as SystemError {
            throw SourceFailure("\(error)")
        }
    }

    package func requestEnd() { input.requestEnd() }
    package func close() async -> SourceEnding { await input.close() }

    /// A packet has come.
    package func hasProgressed() {
        watch?.hasCome()
        isAwaited.store(false, ordering: .relaxed)
    }
}
