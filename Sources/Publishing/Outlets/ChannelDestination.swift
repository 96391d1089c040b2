import Logging
import TrickleKit

/// Where channels are published: a relay on the network, or the one in this program.
package protocol ChannelDestination: Sendable {
    /// A channel that is not open yet.
    func channel(_ name: ChannelName, logger: Logger) -> any PublishedChannel
}

/// A channel that can be published to.
package protocol PublishedChannel: Sendable {
    /// Creates the channel, or goes on with the one that is there. Called once.
    ///
    /// - Throws: `TrickleError`; `CancellationError`, after which the channel may have been made all the same.
    func open() async throws

    /// Whether somebody published to it before it was opened.
    var hadSegments: Bool { get }

    /// Runs `body` with where its segments go.
    ///
    /// - Parameters:
    ///   - waits: Whether `body` may be made to wait while the relay is slow; else whole segments are dropped.
    ///   - rule: When the channel is made anew.
    /// - Throws: What `body` throws; `TrickleError` when the relay takes no more.
    func publish<Result: Sendable>(
        waits: Bool, renewing rule: RenewalRule, _ body: @escaping @Sendable (any SegmentOutlet) async throws -> Result
    ) async throws -> Result

    /// Ends the channel for its readers. Does nothing where nothing was asked of the relay.
    ///
    /// - Parameter limit: For how long segments are waited for that the relay has not acknowledged; nil for as long as it takes.
    func close(settlingFor limit: Duration?) async throws
}
