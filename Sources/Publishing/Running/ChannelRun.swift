import Endings
import Synchronization
import TrickleKit

/// Publishes a channel from the sources that follow one another on it: the one loop of all programs that publish streams.
///
/// ```
///  ┌► choose a source ─► open the channel ─► open the source ─► publish it ─► close it ─┐
///  └──────────────────── the rules: what is next, after which wait ◄────────────────────┘
/// ```
/// A channel that is open stays so from turn to turn, until the rules want a new one.
package final class ChannelRun<Rules: ChannelRules>: Sendable {
    private struct State {
        var channel: (any PublishedChannel)?
        var source: OpenedSource?
    }

    private struct TurnFailure: Error {
        let error: any Error
        let source: Rules.Source?
        let step: TurnStep
    }

    private let rules: Rules
    private let news: Nudge
    private let stop: StopRequest
    private let state = Mutex(State())

    /// - Parameters:
    ///   - news: Ends the wait for a source.
    ///   - stop: Ends the run.
    package init(_ rules: Rules, news: Nudge = Nudge(), stop: StopRequest) {
        self.rules = rules
        self.news = news
        self.stop = stop
    }

    /// Runs until the rules or a stop end it.
    ///
    /// - Parameter grace: For how long the relay may take the rest after a stop.
    /// - Returns: false where that was not enough.
    /// - Throws: What the rules say is final.
    package func run(graceAfterStop grace: Duration = .milliseconds(400)) async throws -> Bool {
        let result: Result<Bool, any Error>
        do {
            let isDone: Void? = try await stop.cancelling(after: grace) { try await self.takeTurns() }
            result = .success(isDone != nil)
        } catch {
            result = .failure(error)
        }
        await closeSource()
        // Whoever publishes the channel next finds it free.
        state.withLock { $0.channel = nil }
        return try result.get()
    }

    private func takeTurns() async throws {
        repeat {
            let after: AfterTurn
            do { after = try await takeTurn() } catch let failure as TurnFailure {
                after = try rules.failed(failure.error, of: failure.source, at: failure.step)
            }
            guard case .next(let wait, let inNewChannel) = after else { break }
            if inNewChannel { state.withLock { $0.channel = nil } }
            if wait > .zero {
                let isNews = await news.wait(atMost: wait, stop: stop)
                if !rules.hasWaited(isNews: isNews) { break }
            }
        } while !stop.isMade && !Task.isCancelled
        try await rules.finish()
    }

    /// - Throws: `TurnFailure`.
    private func takeTurn() async throws -> AfterTurn {
        var (source, step) = (Rules.Source?.none, TurnStep.choosing)
        do {
            let chosen = try await rules.nextSource()
            (source, step) = (chosen, .openingChannel)
            let channel = try await openChannel()
            step = .openingSource
            let opened = OpenedSource(try await rules.open(chosen))
            state.withLock { $0.source = opened }
            step = .publishing
            return try await publish(chosen, from: opened, to: channel)
        } catch {
            await closeSource()
            throw TurnFailure(error: error, source: source, step: step)
        }
    }

    private func openChannel() async throws -> any PublishedChannel {
        if let channel = state.withLock({ $0.channel }) { return channel }
        let channel = rules.makeChannel()
        try await channel.open()
        rules.hasOpened(channel)
        state.withLock { $0.channel = channel }
        return channel
    }

    private func publish(
        _ source: Rules.Source, from opened: OpenedSource, to channel: any PublishedChannel
    ) async throws -> AfterTurn {
        let turnStop = StopRequest()
        turnStop.whenMade { opened.input.requestEnd() }
        let registration = stop.whenMade { turnStop.make() }
        defer { registration.cancel() }
        let outcome = try await channel.publish(
            waits: rules.canWait(source, opened.input), renewing: rules.renewal
        ) { [rules] outlet in
            try await rules.publish(source, from: opened, to: outlet, turnStop)
        }
        return try rules.ended(source, outcome, await closeSource())
    }

    @discardableResult
    private func closeSource() async -> SourceEnding? {
        await state.withLock { $0.source.take() }?.close()
    }
}
