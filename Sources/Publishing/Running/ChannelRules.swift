import Endings
import TrickleKit

/// What one program decides of a ``ChannelRun``: its sources, how they are published, and what comes after each.
package protocol ChannelRules: Sendable {
    /// A source whose turn has come.
    associatedtype Source: Sendable
    /// What became of one that was published.
    associatedtype Outcome: Sendable

    /// The source whose turn it is.
    func nextSource() async throws -> Source

    /// The channel, not open yet.
    func makeChannel() -> any PublishedChannel
    /// It is open.
    func hasOpened(_ channel: any PublishedChannel)

    func open(_ source: Source) async throws -> any SourceInput

    /// Whether the source may be made to wait while the relay is slow; else whole segments are dropped.
    func canWait(_ source: Source, _ input: any SourceInput) -> Bool
    /// When a channel that the relay has closed is made anew for a source.
    var renewal: RenewalRule { get }

    /// Publishes one source to its end.
    ///
    /// - Parameter stop: Made together with the run's; may be made before, to end this source alone.
    func publish(
        _ source: Source, from opened: OpenedSource, to outlet: any SegmentOutlet, _ stop: StopRequest
    ) async throws -> Outcome

    /// A source was published to its end.
    ///
    /// - Parameter ending: nil where ``publish(_:from:to:_:)`` has closed it.
    /// - Throws: What makes a failure of it.
    func ended(_ source: Source, _ outcome: Outcome, _ ending: SourceEnding?) throws -> AfterTurn
    /// A turn has failed.
    ///
    /// - Throws: `failure`, where it is final.
    func failed(_ failure: any Error, of source: Source?, at step: TurnStep) throws -> AfterTurn

    /// The wait after a turn is over.
    ///
    /// - Parameter isNews: Whether somebody has said that a source is there again.
    /// - Returns: false where no source is to follow.
    func hasWaited(isNews: Bool) -> Bool

    /// No source follows. Ends what is to end with the last one.
    func finish() async throws
}

extension ChannelRules {
    package func hasWaited(isNews: Bool) -> Bool { true }
    package func finish() {}
}

/// Where a turn failed.
package enum TurnStep: Sendable {
    case choosing, openingChannel, openingSource, publishing
}

/// What comes after a source.
package enum AfterTurn: Equatable, Sendable {
    case end
    /// The next one, after a wait, in the same channel or in one that is opened anew.
    case next(after: Duration, inNewChannel: Bool = false)
}
