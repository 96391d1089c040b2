import Logging
import Publishing
import TrickleKit

/// Where channels are published: a relay on the network, or the one in this program.
package protocol ChannelDestination: Sendable {
    /// Creates a channel, or goes on with the one that is there.
    ///
    /// - Throws: `TrickleError`; `CancellationError`.
    func open(_ channel: ChannelName, logger: Logger) async throws -> any OpenChannel
}

/// A channel that can be published to.
package protocol OpenChannel: Sendable {
    /// Whether somebody published to it before it was opened.
    var hadSegments: Bool { get }

    /// Runs `body` with where its segments go.
    ///
    /// - Parameter waits: Whether `body` may be made to wait while the relay is slow; else whole segments are dropped.
    /// - Throws: What `body` throws; `TrickleError` when the relay takes no more.
    func publish<Result: Sendable>(
        waits: Bool, _ body: @escaping @Sendable (any SegmentOutlet) async throws -> Result
    ) async throws -> Result

    /// Ends the channel for its readers.
    func close() async throws
}
