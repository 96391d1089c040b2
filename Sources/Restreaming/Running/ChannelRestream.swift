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
final class ChannelRestream: Sendable {
    private struct State {
        var rotation: SourceRotation
        var status = ChannelStatus()
        var channel: (any PublishedChannel)?
        var input: (any SourceInput)?
        /// A source before the one that is on, which is back.
        var returned: (index: Int, input: any SourceInput)?
        /// Whether the channel has had a stream, so that the next one is another.
        var isContinuation = false
        /// The tables of the streams so far.
        var tables = TableVersions()
        /// What was last said of each source that failed.
        var told: [Int: String] = [:]
    }

    /// How long the relay may take for the rest after a stop was asked for, and then for the end of the channel.
    private static let graceAfterStop = Duration.milliseconds(400)
    private static let graceForClosing = Duration.milliseconds(250)
    /// A relay that has taken a channel for so long was sound: its next trouble is a new one.
    private static let soundAfter = Duration.seconds(10)

    /// Who is not let in is not let in a moment later either. A relay makes clients wait that come too often with wrong credentials.
    private static let waitForAccess = Duration.seconds(60)

    let plan: ChannelPlan
    private let destination: any ChannelDestination
    private let children: ChildBudget?
    private let session: ToolSession
    private let start = ContinuousClock.now
    private let state: Mutex<State>
    private let closesChannel = Atomic(false)
    private let nudge = Nudge()

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
        var state = State(rotation: SourceRotation(count: plan.sources.count, longestWait: plan.settings.retry))
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
        // It throws nothing but the cancellation, which is nil here.
        _ = try? await session.stop.cancelling(after: Self.graceAfterStop) { await self.publish() }
        for input in state.withLock({ [$0.input, $0.returned?.input] }) { _ = await input?.close() }
        // Whoever publishes the channel next finds it free.
        let last = state.withLock { $0.channel.take() }
        guard closesChannel.load(ordering: .acquiring), let channel = last else { return }
        let isClosed = try? await session.stop.cancelling(after: Self.graceForClosing) {
            try await channel.close(settlingFor: Publisher.settlingAfterStop)
            return true
        }
        if isClosed != true { session.logger.warning("the relay does not take the end of the channel") }
    }

    private var now: Duration { ContinuousClock.now - start }

    private static func backoff(_ plan: ChannelPlan) -> Backoff {
        Backoff(initial: .milliseconds(250), cap: plan.settings.retry)
    }

    /// The channel, and whatever sources follow one another on it; a relay that fails is tried again.
    private func publish() async {
        var backoff = Self.backoff(plan)
        var told = ""
        while !session.stop.isMade && !Task.isCancelled {
            let openedAt = now
            do {
                let channel = destination.channel(plan.name, logger: session.logger)
                // Where the wait for it is broken off, the relay may have made it all the same.
                state.withLock { $0.channel = channel }
                try await channel.open()
                state.withLock { state in
                    state.isContinuation = state.isContinuation || channel.hadSegments
                }
                while !session.stop.isMade { try await publishOneSource(to: channel) }
            } catch is CancellationError {
                return
            } catch {
                let message = ToolFailure(error).message
                if now - openedAt >= Self.soundAfter { (backoff, told) = (Self.backoff(plan), "") }
                var wait = backoff.next(jitter: .random(in: 0..<1))
                if (error as? TrickleError)?.code == .accessDenied { wait = max(wait, Self.waitForAccess) }
                let text = "\(message); tries again in \(Self.text(of: wait))"
                session.logger.log(level: message == told ? .debug : .warning, "\(text)")
                told = message
                state.withLock { state in
                    state.status.enter(.waiting)
                    state.status.reason = message
                }
                await nudge.wait(atMost: wait, stop: session.stop)
            }
        }
    }
}

// One source, from its opening to its end.
extension ChannelRestream {
    /// - Throws: What the relay did, not the source; `CancellationError`.
    private func publishOneSource(to channel: any PublishedChannel) async throws {
        let (index, returned) = state.withLock { state in
            let returned = state.returned.take()
            if let returned { state.rotation.return(to: returned.index) }
            state.rotation.opened(now: now)
            state.status.enter(.opening(state.rotation.current))
            state.status.openingCount += 1
            return (state.rotation.current, returned?.input)
        }
        let input: any SourceInput
        do {
            if let returned { input = returned } else { input = try await open(index) }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return await turnOver(from: index, because: Self.sentence(error))
        }
        state.withLock { $0.input = input }
        // Ended together with the channel, or for a source that is back.
        let stop = StopRequest()
        stop.whenMade { input.requestEnd() }
        let registration = session.stop.whenMade { stop.make() }
        defer { registration.cancel() }
        let looking = lookBack(from: index, stop)
        do {
            let failure = try await channel.publish(waits: input.canWait, renewing: .always) { outlet in
                try await self.publish(input, index, to: outlet, stop)
            }
            await end(looking)
            let ending = await close(input)
            await turnOver(from: index, because: failure ?? ending)
        } catch {
            await end(looking)
            _ = await close(input)
            throw error
        }
    }

    private func open(_ index: Int) async throws -> any SourceInput {
        try await plan.sources[index].open(
            within: plan.settings.stall, children: children, logger: session.logger)
    }

    /// Looks at the sources before this one, and ends it when one of them is back.
    private func lookBack(from index: Int, _ stop: StopRequest) -> Task<Void, Never>? {
        guard let interval = plan.settings.returnInterval,
            let preferred = PreferredSources(
                among: plan.sources[..<index], every: interval, within: plan.settings.stall, children: children,
                logger: session.logger)
        else { return nil }
        return Task {
            guard let returned = try? await preferred.next() else { return }
            state.withLock { $0.returned = returned }
            stop.make()
        }
    }

    private func end(_ looking: Task<Void, Never>?) async {
        looking?.cancel()
        await looking?.value
    }

    private func close(_ input: any SourceInput) async -> String {
        state.withLock { $0.input = nil }
        return await input.close().reason
    }

    /// - Returns: What is wrong with the source; nil where its own end says all.
    /// - Throws: What the relay did; `CancellationError`.
    private func publish(
        _ input: any SourceInput, _ index: Int, to outlet: any SegmentOutlet, _ stop: StopRequest
    ) async throws -> String? {
        let source = plan.sources[index]
        // A pipe without another source beside it may be silent for as long as its writer likes.
        let mayBeSilent = input.isPassive && plan.sources.count == 1
        let watched = WatchedInput(input, limit: mayBeSilent ? nil : plan.settings.stall)
        var stream = nextStream(of: input, to: outlet, stop)
        defer { keep(stream) }
        var failure: String?
        do {
            while let event = try await watched.next() {
                switch event {
                case .bytes(let bytes):
                    let (packets, segments) = (stream.packetCount, stream.segmentCount)
                    let steps = try stream.receive(bytes)
                    if stream.packetCount > packets {
                        watched.hasProgressed()
                        worked(index)
                    }
                    try await stream.perform(steps)
                    count(bytes.count, segments: stream.segmentCount - segments)
                case .anotherBegins:
                    try await stream.finish(mayBeEmpty: true)
                    if !input.isStored { awaits(index) }
                    keep(stream)
                    stream = nextStream(of: input, to: outlet, stop)
                }
                // What has been read ahead of a file is no longer wanted.
                if input.isStored, stop.isMade { break }
            }
            try await stream.finish(mayBeEmpty: true)
        } catch let error as SourceFailure {
            failure = error.reason.hasPrefix("\(source)") ? error.reason : "\(source): \(error.reason)"
            // Its last segment ends all the same.
            do { try await stream.finish(mayBeEmpty: true) } catch is SourceFailure {}
        }
        return watched.isStalled ? "nothing came from \(source) for \(Self.text(of: plan.settings.stall))" : failure
    }

    private func nextStream(
        of input: any SourceInput, to outlet: any SegmentOutlet, _ stop: StopRequest
    ) -> SourceStream {
        SourceStream(
            plan.settings.segmentation,
            state.withLock { .marked(isContinuation: $0.isContinuation, tables: $0.tables) },
            isPaced: input.isPaced, to: outlet, session.with(stop: stop, logger: session.logger))
    }

    private func keep(_ stream: SourceStream) {
        if let tables = stream.tables { state.withLock { $0.tables = tables } }
    }
}

// What has become of the sources.
extension ChannelRestream {
    private func worked(_ index: Int) {
        let isNews = state.withLock { state in
            state.rotation.worked(now: now)
            if state.status.phase == .publishing(index) { return false }
            state.told[index] = nil
            state.status.enter(.publishing(index))
            return true
        }
        if isNews {
            session.logger.info("is on source \(index + 1) of \(plan.sources.count), \(plan.sources[index])")
        }
    }

    /// The writer of a pipe has gone; another may come.
    private func awaits(_ index: Int) {
        state.withLock { $0.status.enter(.opening(index)) }
        session.logger.info("\(plan.sources[index]) has come to an end, and goes on when it begins again")
    }

    private func count(_ byteCount: Int, segments: Int) {
        state.withLock { state in
            state.status.byteCount += byteCount
            state.status.segmentCount += segments
            if segments > 0 { state.isContinuation = true }
        }
    }

    /// It is the next source's turn, perhaps after a wait.
    private func turnOver(from index: Int, because reason: String) async {
        if let back = state.withLock({ $0.returned?.index }), !session.stop.isMade {
            let reason = "\(plan.sources[back]) is back"
            state.withLock { $0.status.reason = reason }
            return session.logger.info("\(reason); takes over from \(plan.sources[index])")
        }
        let (wait, next, isNews) = state.withLock { state in
            let wait = state.rotation.ended(now: now, jitter: .random(in: 0..<1))
            state.status.enter(.waiting)
            state.status.reason = reason
            let before = state.told.updateValue(reason, forKey: index)
            return (wait, state.rotation.current, before != reason)
        }
        if session.stop.isMade { return }
        let what =
            wait > .zero ? "tries again in \(Self.text(of: wait))" : "goes on with \(plan.sources[next])"
        session.logger.log(level: isNews ? .warning : .debug, "\(reason); \(what)")
        if wait > .zero { await nudge.wait(atMost: wait, stop: session.stop) }
    }

    private static func text(of time: Duration) -> String { "\(DecimalText.fixed(time / .seconds(1), digits: 1)) s" }

    private static func sentence(_ error: any Error) -> String {
        (error as? SourceFailure)?.reason ?? ToolFailure(error).message
    }
}
