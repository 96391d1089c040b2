import Endings
import TrickleKit

extension Publisher {
    /// How long the relay may take for the end of the channel when its publisher was stopped before it was done.
    private static let graceAfterStop = Duration.milliseconds(300)
    /// How much of that the segments may take that it has not acknowledged.
    package static let settlingAfterStop = Duration.milliseconds(100)

    /// Closes the channel after a stop, if the relay does that at once. The caller may be cancelled.
    ///
    /// - Returns: whether the relay did it.
    package func closeAtOnce(_ stop: StopRequest) async -> Bool {
        // What is cancelled can wait for nothing itself.
        await Task {
            let isClosed = try? await stop.cancelling(after: Self.graceAfterStop) {
                try await self.close(settlingFor: Self.settlingAfterStop)
                return true
            }
            return isClosed == true
        }.value
    }

    /// Closes the channel after a failure, so that readers need not wait for what will not come. That this may fail as well helps nobody
    /// to know. A stop shortens it.
    package func closeAfterFailure(_ stop: StopRequest) async {
        _ = try? await stop.cancelling { try await self.close() }
        if stop.isMade { _ = await closeAtOnce(stop) }
    }
}
