import CommandFrame
import Endings
import Logging
import MediaChildren
import TrickleKit

// One source, from its choice to its end.
extension PublishingRun {
    struct Source {
        let plan: SourcePlan
        let timeout: Duration

        var isFromFFmpeg: Bool { plan.isFromFFmpeg }
    }

    /// What became of a source.
    struct Outcome {
        /// Whether the stream lists video of which no player can decode a picture.
        let lacksPictures: Bool
        /// Segments that did not get through whole.
        let droppedCount: Int
    }

    func nextSource() async throws -> Source {
        state.withLock { $0.restarts.started(now: now) }
        job.monitor.update {
            $0.phase = .opening
            $0.openings += 1
        }
        var publishing = job.publishing
        publishing.timeOffset = timeOffset
        let (plan, mayComeBack) = try await publishing.source(
            transcodes: job.transcodes, program: job.segmentation.program, session)
        state.withLock { $0.mayComeBack = mayComeBack }
        return Source(plan: plan, timeout: publishing.timeout)
    }

    func makeChannel() -> any PublishedChannel {
        let channel = relay.remote(job.channel, logger: job.clientConfiguration.logger)
        state.withLock { $0.opening = channel }
        return channel
    }

    func hasOpened(_ channel: any PublishedChannel) { state.withLock { $0.channel = $0.opening.take() } }

    func open(_ source: Source) async throws -> any SourceInput {
        let input = try await source.plan.open(within: source.timeout, logger: session.logger)
        state.withLock { $0.bytesSentBefore = $0.channel?.bytesSent ?? 0 }
        if let invitation = job.publishing.input.invitation { session.logger.info("\(invitation)") }
        return input
    }

    func canWait(_ source: Source, _ input: any SourceInput) -> Bool { !drops }

    /// Whether the source cannot wait for the relay, and segments are dropped instead.
    var drops: Bool {
        if let policy = job.onSlowRelay { return policy == .drop }
        return !job.publishing.input.canWait && state.withLock { $0.mayComeBack }
    }

    var renewal: RenewalRule { state.withLock { $0.isContinuation } ? .beforeFirstSegment : .never }

    /// Where the next source goes on: behind all that was published, and no earlier than the clock on the wall.
    private var timeOffset: Duration {
        state.withLock { state in
            guard let timelineStart = state.timelineStart else { return .zero }
            return max(ContinuousClock.now - timelineStart, state.mediaTime + .milliseconds(100))
        }
    }

    func publish(
        _ source: Source, from opened: OpenedSource, to outlet: any SegmentOutlet, _ stop: StopRequest
    ) async throws -> Outcome {
        let input = opened.input
        // ffmpeg itself begins with a keyframe. What its output has before that is sound that belongs to it.
        var segmentation = job.segmentation
        if source.isFromFFmpeg { segmentation.startsAtFirstRandomAccessPoint = false }
        var stream = SourceStream(
            segmentation, job.publishing.loops && input.isStored ? .rounds : .none, isPaced: input.isPaced,
            joinsStart: source.isFromFFmpeg, to: outlet, session)
        let offset = timeOffset
        var follower = Follower(run: self, isFromFFmpeg: source.isFromFFmpeg)
        // What has been read ahead of a file is no longer wanted.
        try await stream.publish(input.next, telling: &follower) { input.isStored && session.stop.isMade }
        do {
            try await stream.finish(isCut: input.isStored && session.stop.isMade)
        } catch let error as SourceFailure where source.isFromFFmpeg || session.stop.isMade {
            // Without a single packet: ffmpeg's own words say why, or it was stopped before the first.
            if let failure = await opened.close()?.failure { throw failure }
            if !session.stop.isMade { throw error }
        }
        state.withLock { $0.mediaTime = max($0.mediaTime, offset) + stream.mediaTime }
        stream.summarize()
        return Outcome(lacksPictures: stream.lacksPictures, droppedCount: stream.droppedCount)
    }

    /// Tells others what goes by.
    private struct Follower: StreamFollower {
        private let run: PublishingRun
        private let isFromFFmpeg: Bool
        private let segmentsBefore: Int
        private var isAnnounced = false

        init(run: PublishingRun, isFromFFmpeg: Bool) {
            self.run = run
            self.isFromFFmpeg = isFromFFmpeg
            segmentsBefore = run.job.monitor.status.segments
        }

        func hasCome(byteCount: Int) {
            run.state.withLock { state in
                state.restarts.worked(now: run.now)
                if state.timelineStart == nil { state.timelineStart = .now }
            }
        }

        mutating func hasUnderstood(_ progress: StreamProgress) {
            guard !isAnnounced, progress.beginsSegment else { return }
            isAnnounced = true
            let place = run.job.relay.url(channel: run.job.channel)
            run.session.logger.info("publishes \(run.job.publishing.input.description) as \(place)")
        }

        func hasPublished(_ progress: StreamProgress, of stream: inout SourceStream) {
            if stream.isNewlyWithoutPictures(), isFromFFmpeg { run.session.logger.warning("\(run.job.pictureWarning)") }
            run.job.monitor.update { status in
                status.phase = .publishing
                status.byteCount += progress.byteCount
                status.segments = segmentsBefore + stream.segmentCount
            }
        }

        func begins(after stream: inout SourceStream) async throws -> Bool {
            // Without a segment, another round would have none either.
            guard isAnnounced, !run.session.stop.isMade else { return false }
            if try await stream.beginAgain() { return true }
            throw ToolFailure(
                "'\(run.job.publishing.input.description)' cannot be looped: it has no time stamps by which rounds could follow"
            )
        }
    }
}
