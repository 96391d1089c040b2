import ChildProcesses
import CommandFrame
import Endings
import Logging
import MediaChildren
import Synchronization
import TrickleCore
import TrickleKit

/// One run of a ``ChannelPublishing``: one source, which may be opened again and again.
final class PublishingRun: ChannelRules {
    struct State {
        /// What is open, or may be: the relay may have made a channel whose opening was broken off.
        var channel: RemoteChannel?
        /// What is being opened.
        var opening: RemoteChannel?
        /// What the channel had sent before the source that is on.
        var bytesSentBefore = 0
        var restarts: RestartState
        /// When the channel's time line began, with the first byte of the first source.
        var timelineStart: ContinuousClock.Instant?
        /// How much of it the segments cover that were published.
        var mediaTime = Duration.zero
        /// Whether what was opened last has no end of its own.
        var mayComeBack: Bool
        /// Segments that did not get through whole.
        var dropped = 0

        /// Whether there was another source before.
        var isContinuation: Bool { mediaTime > .zero }

        /// The next source publishes to a channel that is opened anew.
        mutating func leaveChannel() {
            dropped += channel?.droppedCount ?? 0
            channel = nil
        }
    }

    let job: ChannelPublishing
    let session: ToolSession
    private let start = ContinuousClock.now
    let relay: RelayDestination
    let state: Mutex<State>

    init(_ job: ChannelPublishing, _ session: ToolSession) {
        self.job = job
        self.session = session
        relay = RelayDestination(
            job.relay, configuration: job.clientConfiguration, contentType: job.contentType,
            maximumBehind: job.maximumBehind, takesOver: job.takesOver)
        var patience: (Duration?, start: Duration?) = (nil, nil)
        if case .within(let time, let start) = job.reopening { patience = (time, start) }
        let input = job.publishing.input
        // A push that ends, however short, is no trouble: the next one may come at once.
        let soundAfter: Duration = input.isListener ? .zero : .seconds(10)
        state = Mutex(
            State(
                restarts: RestartState(
                    patience: patience.0, startPatience: patience.start, soundAfter: soundAfter, now: .zero),
                mayComeBack: input.mayComeBack))
    }

    func run() async throws {
        do {
            if try await !ChannelRun(self, news: job.monitor.news, stop: session.stop).run() { await endAtOnce() }
            let dropped = state.withLock { $0.dropped + ($0.channel?.droppedCount ?? 0) }
            try session.check(dropped: dropped, isStrict: job.isStrict)
        } catch {
            if !job.keepsOpen { await state.withLock { $0.channel }?.closeAfterFailure(session.stop) }
            throw error
        }
    }

    /// After a stop, what is left is the end of the channel, whether it was the source or the relay that took its time.
    private func endAtOnce() async {
        if job.keepsOpen { return }
        if await state.withLock({ $0.channel })?.closeAtOnce(session.stop) == false {
            session.logger.warning("the relay does not take the rest: the channel is left as it is")
        }
    }

    var now: Duration { ContinuousClock.now - start }
}

// What follows what.
extension PublishingRun {
    func ended(_ source: Source, _ outcome: Outcome, _ ending: SourceEnding?) throws -> AfterTurn {
        // What could not wait is counted by the channel.
        if !drops { state.withLock { $0.dropped += outcome.droppedCount } }
        // What it sent is published, whatever becomes of the source.
        if let failure = ending?.failure { throw failure }
        // What comes as a transport stream is published as it is. What ffmpeg made of something else has to be of use.
        if outcome.lacksPictures, source.isFromFFmpeg, !session.stop.isMade { throw job.noPictures }
        return try openedAgain(because: nil, .source)
    }

    func failed(_ failure: any Error, of source: Source?, at step: TurnStep) throws -> AfterTurn {
        if failure is PushRefusal {
            // Whoever has the wrong key is not to end what the right one is waited for.
            session.logger.warning("\(failure)")
            return .next(after: .zero)
        }
        if step == .openingChannel, failure is CancellationError {
            state.withLock { $0.channel = $0.opening }
        }
        if step == .publishing, (failure as? TrickleError)?.code == .channelClosed {
            // It was closed while there was no source: the next finds a new one.
            state.withLock { if $0.isContinuation, $0.channel?.bytesSent == $0.bytesSentBefore { $0.leaveChannel() } }
        }
        guard let trouble = trouble(of: failure) else { throw failure }
        return try openedAgain(because: failure, trouble)
    }

    func hasWaited(isNews: Bool) -> Bool {
        if isNews { state.withLock { $0.restarts.announced() } }
        return !session.stop.isMade && !job.monitor.isOver
    }

    func finish() async throws {
        if !job.keepsOpen { try await state.withLock { $0.channel }?.close(settlingFor: nil) }
    }

    /// What stands in the way, and may do so no longer another time.
    private enum Trouble {
        case source, relay
    }

    /// Whether, and when, a source that is away is to be opened again, or one whose relay is.
    ///
    /// - Throws: `failure`, when it is final.
    private func openedAgain(because failure: (any Error)?, _ trouble: Trouble) throws -> AfterTurn {
        if session.stop.isMade { return .end }
        let wait: Duration? = state.withLock { state in
            if job.reopening == .never || !state.mayComeBack || job.monitor.isOver { return nil }
            switch trouble {
            case .source: return state.restarts.ended(now: now, jitter: .random(in: 0..<1))
            case .relay:
                // Its numbers are asked for anew: it may have lost its memory.
                state.leaveChannel()
                return state.restarts.hindered(now: now, jitter: .random(in: 0..<1))
            }
        }
        guard let wait else {
            if let failure { throw failure }
            return .end
        }
        let reason = failure.map { ToolFailure($0).message } ?? "'\(job.publishing.input.description)' has ended"
        let seconds = DecimalText.fixed(wait / .seconds(1), digits: 1)
        session.logger.warning("\(reason); opens it again in \(seconds) s")
        job.monitor.update { $0.phase = .waiting }
        return .next(after: wait, inNewChannel: state.withLock { $0.channel == nil })
    }

    /// Whose trouble an error is that may be over another time; nil when it is the command line's, or the relay does not want this channel.
    private func trouble(of error: any Error) -> Trouble? {
        if session.stop.isMade && error is CancellationError { return .source }
        switch error {
        case is SourceFailure: return .source
        case let failure as ToolFailure:
            return failure.exit == .failure && ExecutableSearch.find("ffmpeg") != nil ? .source : nil
        case let error as TrickleError:
            switch error.code {
            // The relay gives up a channel on which nothing comes for long, which is not for a source to know.
            case .channelClosed: return state.withLock { $0.channel == nil } ? .source : nil
            case .relayUnreachable, .connectionLost, .relayBusy: return .relay
            default: return nil
            }
        default: return nil
        }
    }
}
