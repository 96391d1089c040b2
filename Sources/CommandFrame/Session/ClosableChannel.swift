import Endings
import TrickleKit

/// A channel that its publisher can close, also in a hurry.
package protocol ClosableChannel: Sendable {
    /// Ends the channel for its readers.
    ///
    /// - Parameter limit: For how long segments are waited for that the relay has not acknowledged; nil for as long as it takes.
    func close(settlingFor limit: Duration?) async throws
}

extension Publisher: ClosableChannel {
    /// How long the relay may take for the end of the channel when its publisher was stopped before it was done.
    fileprivate static let graceAfterStop = Duration.milliseconds(300)
    /// How much of that the segments may take that it has not acknowledged.
    package static let settlingAfterStop = Duration.milliseconds(100)
}

extension ClosableChannel {
    /// Closes the channel after a stop, if the relay does that at once. The caller may be cancelled.
    ///
    /// - Returns: whether the relay did it.
    package func closeAtOnce(_ stop: StopRequest) async -> Bool {
        // What is cancelled can wait for nothing itself.
        await Task {
            let isClosed = try? await stop.cancelling(after: Publisher.graceAfterStop) {
                try await self.close(settlingFor: Publisher.settlingAfterStop)
                return true
            }
            return isClosed == true
        }.value
    }

    /// Closes the channel after a failure, so that readers need not wait for what will not come. That this may fail as well helps nobody
    /// to know. A stop shortens it.
    package func closeAfterFailure(_ stop: StopRequest) async {
        _ = try? await stop.cancelling { try await self.close(settlingFor: nil) }
        if stop.isMade { _ = await closeAtOnce(stop) }
    }
}
