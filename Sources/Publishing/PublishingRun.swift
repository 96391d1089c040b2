import ChildProcesses
import CommandFrame
import Endings
import Logging
import MPEGTS
import MediaChildren
import Synchronization
import TrickleCore
import TrickleKit

/// One run of a ``ChannelPublishing``: a publisher, and the sources that follow one another on its channel.
final class PublishingRun: Sendable {
    private struct State {
        var publisher: Publisher?
        var source: MediaSource?
        var restarts: RestartState
        /// When the channel's time line began, with the first byte of the first source.
        var timelineStart: ContinuousClock.Instant?
        /// How much of it the segments cover that were published.
        var mediaTime = Duration.zero
        /// Whether what was opened last has no end of its own.
        var mayComeBack: Bool
        /// Segments that did not get through whole.
        var dropped = 0
        /// Whether another that publishes the channel is still to be pushed aside.
        var takesOver: Bool
    }

    /// How long the relay may take for the rest after a stop was asked for.
    private static let graceAfterStop = Duration.milliseconds(400)

    private let job: ChannelPublishing
    private let session: ToolSession
    private let start = ContinuousClock.now
    /// All publishers of the run are one to the relay.
    private let publisherID = PublisherID()
    private let state: Mutex<State>

    init(_ job: ChannelPublishing, _ session: ToolSession) {
        self.job = job
        self.session = session
        var patience: (Duration?, start: Duration?) = (nil, nil)
        if case .within(let time, let start) = job.reopening { patience = (time, start) }
        let input = job.publishing.input
        // A push that ends, however short, is no trouble: the next one may come at once.
        let soundAfter: Duration = input.isListener ? .zero : .seconds(10)
        state = Mutex(
            State(
                restarts: RestartState(
                    patience: patience.0, startPatience: patience.start, soundAfter: soundAfter, now: .zero),
                mayComeBack: input.mayComeBack, takesOver: job.takesOver))
    }

    func run() async throws {
        do {
            let isDone: Void? = try await session.stop.cancelling(after: Self.graceAfterStop) {
                try await self.publishSources()
            }
            if isDone == nil { try await endAtOnce() }
            try session.check(dropped: state.withLock { $0.dropped }, isStrict: job.isStrict)
        } catch {
            await state.withLock { $0.source }?.abandon()
            if !job.keepsOpen { await state.withLock { $0.publisher }?.closeAfterFailure(session.stop) }
            throw error
        }
    }

    /// After a stop, what is left is the end of the channel, whether it was the source or the relay that took its time.
    private func endAtOnce() async throws {
        let (source, publisher) = state.withLock { ($0.source, $0.publisher) }
        await source?.abandon()
        if job.keepsOpen { return }
        if await publisher?.closeAtOnce(session.stop) == false {
            session.logger.warning("the relay does not take the rest: the channel is left as it is")
        }
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
        if !job.keepsOpen { try await state.withLock { $0.publisher }?.close() }
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
                state.publisher = nil
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
        case is NotTransportStream: return .source
        case let failure as ToolFailure:
            return failure.exit == .failure && ExecutableSearch.find("ffmpeg") != nil ? .source : nil
        case let error as TrickleError:
            switch error.code {
            // The relay gives up a channel on which nothing comes for long, which is not for a source to know.
            case .channelClosed: return state.withLock { $0.publisher == nil } ? .source : nil
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
        let input = job.publishing.input
        let origin = try MediaOrigin(job.publishing, transcodes: job.transcodes)
        let source: MediaSource
        switch origin {
        case .standardInput:
            source = try MediaSource()
            job.publishing.warnOfIdleGOP(session)
            _ = try await openPublisher()
        case .file(let path):
            source = try MediaSource(file: path)
            job.publishing.warnOfIdleGOP(session)
            _ = try await openPublisher()
        case .ffmpeg:
            var publishing = job.publishing
            publishing.timeOffset = timeOffset
            let (command, mayComeBack) = try await publishing.command(
                transcodes: job.transcodes, program: job.segmentation.program, session)
            state.withLock { $0.mayComeBack = mayComeBack }
            _ = try await openPublisher()
            source = try MediaSource(
                ffmpeg: command, input: input, timeout: job.publishing.timeout, logger: session.logger)
        }
        state.withLock { $0.source = source }
        let registration = session.stop.whenMade { source.requestEnd() }
        defer { registration.cancel() }
        if let invitation = input.invitation { session.logger.info("\(invitation)") }
        let publisher = try await openPublisher()
        let byteCountBefore = publisher.statistics.bytesSent
        do {
            try await publish(source, from: origin, publisher)
        } catch {
            await source.abandon()
            let isNew = publisher.statistics.bytesSent == byteCountBefore && state.withLock { $0.mediaTime > .zero }
            if isNew, let error = error as? TrickleError, error.code == .channelClosed {
                state.withLock { $0.publisher = nil }
            }
            throw error
        }
    }

    private func openPublisher() async throws -> Publisher {
        if let publisher = state.withLock({ $0.publisher }) { return publisher }
        let publisher = Publisher(
            relay: job.relay, channel: job.channel, contentType: job.contentType,
            configuration: job.clientConfiguration, id: publisherID, takesOver: state.withLock { $0.takesOver })
        do { try await publisher.open() } catch let error as CancellationError {
            // The relay may have made the channel all the same.
            state.withLock { $0.publisher = publisher }
            throw error
        }
        state.withLock { state in
            state.publisher = publisher
            state.takesOver = false
        }
        return publisher
    }

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

    private func publish(_ source: MediaSource, from origin: MediaOrigin, _ publisher: Publisher) async throws {
        let lacksPictures: Bool
        if drops {
            let live = LivePublisher(publisher, maximumBehind: job.maximumBehind)
            defer { state.withLock { $0.dropped += live.droppedCount } }
            lacksPictures = try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await live.run()
                    return false
                }
                group.addTask { try await self.publish(source, from: origin, to: LiveOutlet(live)).lacksPictures }
                // Whichever fails ends the other.
                return try await group.reduce(false) { $0 || $1 }
            }
        } else {
            let outcome = try await publish(source, from: origin, to: SegmentSequenceWriter(publisher))
            state.withLock { $0.dropped += outcome.droppedCount }
            lacksPictures = outcome.lacksPictures
        }
        // What it sent is published, whatever becomes of the source.
        try await source.finish()
        // What comes as a transport stream is published as it is. What ffmpeg made of something else has to be of use.
        if lacksPictures, origin == .ffmpeg, !session.stop.isMade { throw noPictures }
    }

    private var noPictures: ToolFailure {
        let isOrdinary = !job.transcodes && job.publishing.extraArguments.isEmpty
        let advice = isOrdinary ? "publish it again with --transcode" : Self.otherAdvice
        return ToolFailure(
            "'\(job.publishing.input.description)' was published, but no player can decode its pictures: \(advice)")
    }

    private static let otherAdvice = "look at --ffmpeg-args, and at what ffmpeg said"

    private func warnOfMissingPictures() {
        let isOrdinary = !job.transcodes && job.publishing.extraArguments.isEmpty
        session.logger.warning(
            "no player can decode a picture of '\(job.publishing.input.description)' so far: \(isOrdinary ? "--transcode may help" : Self.otherAdvice)"
        )
    }

    /// What became of a source.
    private struct Outcome {
        /// Whether the stream lists video of which no player can decode a picture.
        let lacksPictures: Bool
        /// Segments that did not get through whole.
        let droppedCount: Int
    }

    private func publish(
        _ source: MediaSource, from origin: MediaOrigin, to outlet: any SegmentOutlet
    ) async throws -> Outcome {
        // ffmpeg itself begins with a keyframe. What its output has before that is sound that belongs to it.
        let isFromFFmpeg = origin == .ffmpeg
        var segmentation = job.segmentation
        if isFromFFmpeg { segmentation.startsAtFirstRandomAccessPoint = false }
        var output = ChannelOutput(outlet, joinsStart: isFromFFmpeg, session: session)
        var (source, segmenter) = (source, GOPSegmenter(segmentation))
        var loop = Rounds(isNeeded: job.publishing.loops && origin.isFile)
        // ffmpeg keeps the pace of what it reads, and what comes from standard input has its own.
        var pace = RealTimePace(isKept: job.publishing.isRealtime && origin.isFile)
        let offset = timeOffset
        let segmentsBefore = job.monitor.status.segments
        let start = ContinuousClock.now
        var isAnnounced = false
        var pictures = PictureWatch()
        do {
            while true {
                guard let piece = try await source.next() else {
                    guard loop.isNeeded, let path = origin.path, isAnnounced, !session.stop.isMade else { break }
                    try await pace.perform(loop.shift(try segmenter.finalSteps()), on: &output, session)
                    guard loop.beginAgain() else {
                        throw ToolFailure(
                            "'\(path)' cannot be looped: it has no time stamps by which rounds could follow")
                    }
                    (source, segmenter) = (try MediaSource(file: path), GOPSegmenter(segmentation))
                    continue
                }
                state.withLock { state in
                    state.restarts.worked(now: now)
                    if state.timelineStart == nil { state.timelineStart = .now }
                }
                let steps = loop.shift(try segmenter.steps(for: piece, now: ContinuousClock.now - start))
                try check(segmenter.programNumbers)
                if !isAnnounced, steps.contains(where: \.isBegin) {
                    isAnnounced = true
                    let place = job.relay.url(channel: job.channel)
                    session.logger.info("publishes \(job.publishing.input.description) as \(place)")
                }
                try await pace.perform(steps, on: &output, session)
                let isNews = pictures.isNews(
                    lacksPictures: segmenter.lacksPictures, segmentCount: output.segmentCount, now: now)
                if isNews, isFromFFmpeg { warnOfMissingPictures() }
                // What has been read ahead of a file is no longer wanted.
                if origin.isFile, session.stop.isMade { break }
                job.monitor.update { status in
                    status.phase = .publishing
                    status.byteCount += piece.count
                    status.segments = segmentsBefore + output.segmentCount
                }
            }
            // Who stops in the middle of a file knows that it goes on.
            let isCut = origin.isFile && session.stop.isMade
            let last = try segmenter.finalSteps().filter { !isCut || !$0.isNotice }
            try await pace.perform(loop.shift(last), on: &output, session)
        } catch let error as NotTransportStream where isFromFFmpeg || session.stop.isMade {
            // Without a single packet: ffmpeg's own words say why, or it was stopped before the first.
            try await source.finish()
            if !session.stop.isMade { throw error }
        }
        state.withLock { $0.mediaTime = max($0.mediaTime, offset) + output.mediaTime }
        try await output.finish()
        return Outcome(lacksPictures: segmenter.lacksPictures, droppedCount: output.droppedCount)
    }

    /// - Throws: ``ToolFailure`` when the program that was chosen is not among those that the stream lists.
    private func check(_ programs: [UInt16]?) throws {
        guard case .number(let number) = job.segmentation.program, let programs, !programs.contains(number) else {
            return
        }
        throw ToolFailure.noProgram(Int(number), of: programs.map(Int.init))
    }
}
