import Endings
import Logging
import MPEGTS
import Publishing
import TrickleKit

// One source, from its opening to its end. It is known by its place in the plan.
extension ChannelRestream {
    func nextSource() -> Int {
        state.withLock { state in
            if let returned = state.returned { state.rotation.return(to: returned.index) }
            return state.rotation.current
        }
    }

    func makeChannel() -> any PublishedChannel {
        let channel = destination.channel(plan.name, logger: session.logger)
        // Where the wait for it is broken off, the relay may have made it all the same.
        state.withLock { ($0.channel, $0.askedAt) = (channel, now) }
        return channel
    }

    func hasOpened(_ channel: any PublishedChannel) {
        let hadSegments = channel.hadSegments
        state.withLock { $0.isContinuation = $0.isContinuation || hadSegments }
    }

    func open(_ index: Int) async throws -> any SourceInput {
        let returned = state.withLock { state in
            state.rotation.opened(now: now)
            state.status.enter(.opening(index))
            state.status.openingCount += 1
            return state.returned.take()?.input
        }
        if let returned { return returned }
        return try await plan.sources[index].open(
            within: plan.settings.stall, children: children, logger: session.logger)
    }

    func canWait(_ index: Int, _ input: any SourceInput) -> Bool { input.canWait }
    var renewal: RenewalRule { .always }

    /// - Returns: What is wrong with the source; nil where its own end says all.
    /// - Throws: What the relay did; `CancellationError`.
    func publish(
        _ index: Int, from opened: OpenedSource, to outlet: any SegmentOutlet, _ stop: StopRequest
    ) async throws -> String? {
        let looking = lookBack(from: index, stop)
        do {
            let failure = try await publish(index, from: opened.input, to: outlet, stop)
            await end(looking)
            return failure
        } catch {
            await end(looking)
            throw error
        }
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

    private func publish(
        _ index: Int, from input: any SourceInput, to outlet: any SegmentOutlet, _ stop: StopRequest
    ) async throws -> String? {
        let source = plan.sources[index]
        // A pipe without another source beside it may be silent for as long as its writer likes.
        let mayBeSilent = input.isPassive && plan.sources.count == 1
        let watched = WatchedInput(input, limit: mayBeSilent ? nil : plan.settings.stall)
        var follower = Follower(restream: self, index: index, input: watched, outlet: outlet, stop: stop)
        var stream = follower.nextStream()
        defer { keep(stream) }
        var failure: String?
        do {
            // What has been read ahead of a file is no longer wanted.
            try await stream.publish(watched.next, telling: &follower) { input.isStored && stop.isMade }
            try await stream.finish(mayBeEmpty: true)
        } catch let error as SourceFailure {
            failure = error.reason.hasPrefix("\(source)") ? error.reason : "\(source): \(error.reason)"
            // Its last segment ends all the same.
            do { try await stream.finish(mayBeEmpty: true) } catch is SourceFailure {}
        }
        return watched.isStalled ? "nothing came from \(source) for \(Self.text(of: plan.settings.stall))" : failure
    }

    private func keep(_ stream: SourceStream) {
        if let tables = stream.tables { state.withLock { $0.tables = tables } }
    }

    /// Keeps account of what goes by.
    private struct Follower: StreamFollower {
        let restream: ChannelRestream
        let index: Int
        let input: WatchedInput
        let outlet: any SegmentOutlet
        let stop: StopRequest

        func nextStream() -> SourceStream {
            SourceStream(
                restream.plan.settings.segmentation,
                restream.state.withLock { .marked(isContinuation: $0.isContinuation, tables: $0.tables) },
                isPaced: input.isPaced, to: outlet, restream.session.with(stop: stop, logger: restream.session.logger))
        }

        func hasUnderstood(_ progress: StreamProgress) {
            guard progress.packetCount > 0 else { return }
            input.hasProgressed()
            restream.worked(index)
        }

        func hasPublished(_ progress: StreamProgress, of stream: inout SourceStream) {
            restream.state.withLock { state in
                state.status.byteCount += progress.byteCount
                state.status.segmentCount += progress.segmentCount
                if progress.segmentCount > 0 { state.isContinuation = true }
            }
        }

        func begins(after stream: inout SourceStream) async throws -> Bool {
            try await stream.finish(mayBeEmpty: true)
            if !input.isStored { restream.awaits(index) }
            restream.keep(stream)
            stream = nextStream()
            return true
        }
    }

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
}
