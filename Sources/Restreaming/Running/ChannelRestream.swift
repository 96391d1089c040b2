import CommandFrame
import Endings
import Logging
import MPEGTS
import MediaChildren
import Publishing
import Synchronization
import TrickleCore
import TrickleKit

/// Keeps one channel going, from whichever of its sources is there.
final class ChannelRestream: ChannelRules {
    struct State {
        var rotation: SourceRotation
        var status = ChannelStatus()
        /// The last that was asked of the relay, whether or not it could be opened.
        var channel: (any PublishedChannel)?
        /// A source before the one that is on, which is back.
        var returned: (index: Int, input: any SourceInput)?
        /// Whether the channel has had a stream, so that the next one is another.
        var isContinuation = false
        /// The tables of the streams so far.
        var tables = TableVersions()
        /// What was last said of each source that failed, and of the relay.
        var told: [Int: String] = [:]
        var toldOfRelay = ""
        /// Between the attempts with a relay that fails.
        var backoff: Backoff
        /// When it was last asked for the channel.
        var askedAt = Duration.zero
    }

    /// How long the relay may take for the end of the channel after a stop.
    private static let graceForClosing = Duration.milliseconds(250)
    /// A relay that has taken a channel for so long was sound: its next trouble is a new one.
    private static let soundAfter = Duration.seconds(10)

    /// Who is not let in is not let in a moment later either. A relay makes clients wait that come too often with wrong credentials.
    private static let waitForAccess = Duration.seconds(60)

    let plan: ChannelPlan
    let destination: any ChannelDestination
    let children: ChildBudget?
    let session: ToolSession
    private let start = ContinuousClock.now
    let state: Mutex<State>
    private let closesChannel = Atomic(false)

    /// - Parameters:
    ///   - children: What the children of its sources take their places from.
    ///   - session: Its own, with a stop of its own.
    ///   - before: What kept the channel going until now, and has ended.
    init(
        _ plan: ChannelPlan, to destination: any ChannelDestination, after before: ChannelRestream? = nil,
        children: ChildBudget?, _ session: ToolSession
    ) {
        self.plan = plan
        self.destination = destination
        self.children = children
        self.session = session
        var state = State(
            rotation: SourceRotation(count: plan.sources.count, longestWait: plan.settings.retry),
            backoff: Self.backoff(plan))
        if let before {
            (state.isContinuation, state.tables) = before.state.withLock { ($0.isContinuation, $0.tables) }
        }
        self.state = Mutex(state)
    }

    var status: ChannelStatus { state.withLock { $0.status } }

    /// Asks for the end.
    ///
    /// - Parameter closes: Whether the channel ends with it, for its readers.
    func requestEnd(closes: Bool) {
        closesChannel.store(closes, ordering: .releasing)
        session.stop.make()
    }

    /// Runs until the end is asked for.
    func run() async {
        if session.stop.isMade { return }
        // It throws nothing: whatever fails is tried again.
        _ = try? await ChannelRun(self, stop: session.stop).run()
        _ = await state.withLock { $0.returned.take() }?.input.close()
        // Whoever publishes the channel next finds it free.
        let last = state.withLock { $0.channel.take() }
        guard closesChannel.load(ordering: .acquiring), let channel = last else { return }
        let isClosed = try? await session.stop.cancelling(after: Self.graceForClosing) {
            try await channel.close(settlingFor: Publisher.settlingAfterStop)
            return true
        }
        if isClosed != true { session.logger.warning("the relay does not take the end of the channel") }
    }

    var now: Duration { ContinuousClock.now - start }

    private static func backoff(_ plan: ChannelPlan) -> Backoff {
        Backoff(initial: .milliseconds(250), cap: plan.settings.retry)
    }
}

// What follows what.
extension ChannelRestream {
    func ended(_ index: Int, _ failure: String?, _ ending: SourceEnding?) -> AfterTurn {
        turnOver(from: index, because: failure ?? ending?.reason ?? "\(plan.sources[index]) has ended")
    }

    func failed(_ failure: any Error, of index: Int?, at step: TurnStep) -> AfterTurn {
        if failure is CancellationError { return .end }
        if step == .openingSource, let index { return turnOver(from: index, because: Self.sentence(failure)) }
        return relayFailed(failure)
    }

    /// A relay that fails is tried again, with a channel that is opened anew.
    private func relayFailed(_ failure: any Error) -> AfterTurn {
        let message = ToolFailure(failure).message
        let (wait, isNews) = state.withLock { state in
            if now - state.askedAt >= Self.soundAfter { (state.backoff, state.toldOfRelay) = (Self.backoff(plan), "") }
            var wait = state.backoff.next(jitter: .random(in: 0..<1))
            if (failure as? TrickleError)?.code == .accessDenied { wait = max(wait, Self.waitForAccess) }
            defer { state.toldOfRelay = message }
            state.status.enter(.waiting)
            state.status.reason = message
            return (wait, message != state.toldOfRelay)
        }
        session.logger.log(
            level: isNews ? .warning : .debug, "\(message); tries again in \(Self.text(of: wait))")
        return .next(after: wait, inNewChannel: true)
    }

    /// It is the next source's turn, perhaps after a wait.
    private func turnOver(from index: Int, because reason: String) -> AfterTurn {
        if let back = state.withLock({ $0.returned?.index }), !session.stop.isMade {
            let reason = "\(plan.sources[back]) is back"
            state.withLock { $0.status.reason = reason }
            session.logger.info("\(reason); takes over from \(plan.sources[index])")
            return .next(after: .zero)
        }
        let (wait, next, isNews) = state.withLock { state in
            let wait = state.rotation.ended(now: now, jitter: .random(in: 0..<1))
            state.status.enter(.waiting)
            state.status.reason = reason
            let before = state.told.updateValue(reason, forKey: index)
            return (wait, state.rotation.current, before != reason)
        }
        if session.stop.isMade { return .end }
        let what =
            wait > .zero ? "tries again in \(Self.text(of: wait))" : "goes on with \(plan.sources[next])"
        session.logger.log(level: isNews ? .warning : .debug, "\(reason); \(what)")
        return .next(after: wait)
    }

    static func text(of time: Duration) -> String { "\(DecimalText.fixed(time / .seconds(1), digits: 1)) s" }

    private static func sentence(_ error: any Error) -> String {
        (error as? SourceFailure)?.reason ?? ToolFailure(error).message
    }
}
