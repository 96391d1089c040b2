import ChildProcesses
import CommandFrame
import Endings
import Logging
import MediaChildren
import Synchronization
import TrickleCore
import TrickleKit

/// One run of a ``ChannelPublishing``: a channel, and the sources that follow one another on it.
final class PublishingRun: Sendable {
    private struct State {
        var channel: RemoteChannel?
        var input: (any SourceInput)?
        var restarts: RestartState
        /// When the channel's time line began, with the first byte of the first source.
        var timelineStart: ContinuousClock.Instant?
        /// How much of it the segments cover that were published.
        var mediaTime = Duration.zero
        /// Whether what was opened last has no end of its own.
        var mayComeBack: Bool
        /// Segments that did not get through whole.
        var dropped = 0

        /// The next source publishes to a channel that is opened anew.
        mutating func leaveChannel() {
            dropped += channel?.droppedCount ?? 0
            channel = nil
        }
    }

    /// How long the relay may take for the rest after a stop was asked for.
    private static let graceAfterStop = Duration.milliseconds(400)

    private let job: ChannelPublishing
    private let session: ToolSession
    private let start = ContinuousClock.now
    private let relay: RelayDestination
    private let state: Mutex<State>

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
            let isDone: Void? = try await session.stop.cancelling(after: Self.graceAfterStop) {
                try await self.publishSources()
            }
            if isDone == nil { try await endAtOnce() }
            let dropped = state.withLock { $0.dropped + ($0.channel?.droppedCount ?? 0) }
            try session.check(dropped: dropped, isStrict: job.isStrict)
        } catch {
            _ = await closeInput()
            if !job.keepsOpen { await state.withLock { $0.channel }?.closeAfterFailure(session.stop) }
            throw error
        }
    }

    /// After a stop, what is left is the end of the channel, whether it was the source or the relay that took its time.
    private func endAtOnce() async throws {
        _ = await closeInput()
        if job.keepsOpen { return }
        if await state.withLock({ $0.channel })?.closeAtOnce(session.stop) == false {
            session.logger.warning("the relay does not take the rest: the channel is left as it is")
        }
    }

    /// Lets go of the source, if that has not been done.
    private func closeInput() async -> SourceEnding? {
        let input = state.withLock { $0.input.take() }
        return await input?.close()
    }

    private var now: Duration { ContinuousClock.now - start }

    private func publishSources() async throws {
        repeat {
            state.withLock { $0.restarts.started(now: now) }
            job.monitor.update {
                $0.phase = .opening
                $0.openings += 1
            }
            do {
                try await publishOneSource()
                if try await !isToBeOpenedAgain(because: nil, .source) { break }
            } catch let refusal as PushRefusal {
                // Whoever has the wrong key is not to end what the right one is waited for.
                session.logger.warning("\(refusal)")
            } catch {
                guard let trouble = trouble(of: error) else { throw error }
                if try await !isToBeOpenedAgain(because: error, trouble) { break }
            }
        } while !session.stop.isMade
        if !job.keepsOpen { try await state.withLock { $0.channel }?.close(settlingFor: nil) }
    }

    /// What stands in the way, and may do so no longer another time.
    private enum Trouble {
        case source, relay
    }

    /// Waits until a source that is away is to be opened again, or one whose relay is.
    ///
    /// - Returns: false when it ended, and that was all, or a stop was asked for.
    /// - Throws: `failure`, when it is final.
    private func isToBeOpenedAgain(because failure: (any Error)?, _ trouble: Trouble) async throws -> Bool {
        if session.stop.isMade { return false }
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
            return false
        }
        let reason = failure.map { ToolFailure($0).message } ?? "'\(job.publishing.input.description)' has ended"
        let seconds = DecimalText.fixed(wait / .seconds(1), digits: 1)
        session.logger.warning("\(reason); opens it again in \(seconds) s")
        job.monitor.update { $0.phase = .waiting }
        let isNews = await job.monitor.news.wait(atMost: wait, stop: session.stop)
        if isNews { state.withLock { $0.restarts.announced() } }
        return !session.stop.isMade && !job.monitor.isOver
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

// One source, from its opening to its end.
extension PublishingRun {
    private func publishOneSource() async throws {
        var publishing = job.publishing
        publishing.timeOffset = timeOffset
        let (source, mayComeBack) = try await publishing.source(
            transcodes: job.transcodes, program: job.segmentation.program, session)
        state.withLock { $0.mayComeBack = mayComeBack }
        let channel = try await openChannel()
        let input = try await source.open(within: publishing.timeout, logger: session.logger)
        state.withLock { $0.input = input }
        let registration = session.stop.whenMade { input.requestEnd() }
        defer { registration.cancel() }
        if let invitation = publishing.input.invitation { session.logger.info("\(invitation)") }
        let bytesSentBefore = channel.bytesSent
        do {
            try await publish(input, isFromFFmpeg: source.isFromFFmpeg, to: channel)
        } catch {
            _ = await closeInput()
            // It was closed while there was no source: the next finds a new one.
            let isUnused = isContinuation && channel.bytesSent == bytesSentBefore
            if isUnused, let error = error as? TrickleError, error.code == .channelClosed {
                state.withLock { $0.leaveChannel() }
            }
            throw error
        }
    }

    private func openChannel() async throws -> RemoteChannel {
        if let channel = state.withLock({ $0.channel }) { return channel }
        let channel = relay.remote(job.channel, logger: job.clientConfiguration.logger)
        do { try await channel.open() } catch let error as CancellationError {
            // The relay may have made the channel all the same.
            state.withLock { $0.channel = channel }
            throw error
        }
        state.withLock { $0.channel = channel }
        return channel
    }

    /// Whether there was another source before.
    private var isContinuation: Bool { state.withLock { $0.mediaTime > .zero } }

    /// Where the next source goes on: behind all that was published, and no earlier than the clock on the wall.
    private var timeOffset: Duration {
        state.withLock { state in
            guard let timelineStart = state.timelineStart else { return .zero }
            return max(ContinuousClock.now - timelineStart, state.mediaTime + .milliseconds(100))
        }
    }

    /// Whether the source cannot wait for the relay, and segments are dropped instead.
    private var drops: Bool {
        if let policy = job.onSlowRelay { return policy == .drop }
        return !job.publishing.input.canWait && state.withLock { $0.mayComeBack }
    }

    private func publish(_ input: any SourceInput, isFromFFmpeg: Bool, to channel: RemoteChannel) async throws {
        let drops = drops
        let outcome = try await channel.publish(
            waits: !drops, renewing: isContinuation ? .beforeFirstSegment : .never
        ) { outlet in
            try await self.publish(input, isFromFFmpeg: isFromFFmpeg, into: outlet)
        }
        // What could not wait is counted by the channel.
        if !drops { state.withLock { $0.dropped += outcome.droppedCount } }
        // What it sent is published, whatever becomes of the source.
        if let failure = await closeInput()?.failure { throw failure }
        // What comes as a transport stream is published as it is. What ffmpeg made of something else has to be of use.
        if outcome.lacksPictures, isFromFFmpeg, !session.stop.isMade { throw job.noPictures }
    }

    /// What became of a source.
    private struct Outcome {
        /// Whether the stream lists video of which no player can decode a picture.
        let lacksPictures: Bool
        /// Segments that did not get through whole.
        let droppedCount: Int
    }

    private func publish(
        _ input: any SourceInput, isFromFFmpeg: Bool, into outlet: any SegmentOutlet
    ) async throws -> Outcome {
        // ffmpeg itself begins with a keyframe. What its output has before that is sound that belongs to it.
        var segmentation = job.segmentation
        if isFromFFmpeg { segmentation.startsAtFirstRandomAccessPoint = false }
        var stream = SourceStream(
            segmentation, job.publishing.loops && input.isStored ? .rounds : .none, isPaced: input.isPaced,
            joinsStart: isFromFFmpeg, to: outlet, session)
        let offset = timeOffset
        let segmentsBefore = job.monitor.status.segments
        var isAnnounced = false
        events: while let event = try await input.next() {
            switch event {
            case .anotherBegins:
                // Without a segment, another round would have none either.
                guard isAnnounced, !session.stop.isMade else { break events }
                guard try await stream.beginAgain() else {
                    throw ToolFailure(
                        "'\(job.publishing.input.description)' cannot be looped: it has no time stamps by which rounds could follow"
                    )
                }
            case .bytes(let piece):
                state.withLock { state in
                    state.restarts.worked(now: now)
                    if state.timelineStart == nil { state.timelineStart = .now }
                }
                let steps = try stream.receive(piece)
                if !isAnnounced, steps.contains(where: \.isBegin) {
                    isAnnounced = true
                    let place = job.relay.url(channel: job.channel)
                    session.logger.info("publishes \(job.publishing.input.description) as \(place)")
                }
                try await stream.perform(steps)
                if stream.isNewlyWithoutPictures(), isFromFFmpeg { session.logger.warning("\(job.pictureWarning)") }
                job.monitor.update { status in
                    status.phase = .publishing
                    status.byteCount += piece.count
                    status.segments = segmentsBefore + stream.segmentCount
                }
            }
            // What has been read ahead of a file is no longer wanted.
            if input.isStored, session.stop.isMade { break }
        }
        do {
            try await stream.finish(isCut: input.isStored && session.stop.isMade)
        } catch let error as SourceFailure where isFromFFmpeg || session.stop.isMade {
            // Without a single packet: ffmpeg's own words say why, or it was stopped before the first.
            if let failure = await closeInput()?.failure { throw failure }
            if !session.stop.isMade { throw error }
        }
        state.withLock { $0.mediaTime = max($0.mediaTime, offset) + stream.mediaTime }
        stream.summarize()
        return Outcome(lacksPictures: stream.lacksPictures, droppedCount: stream.droppedCount)
    }
}
