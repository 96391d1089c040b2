import ChildProcesses
import CommandFrame
import Endings
import Logging
import MediaChildren
import PictureFormats
import Synchronization
import TrickleCore
import TrickleKit

/// One run of a ``PicturePublishing``: one source, which is opened again and again if it is live.
final class PictureRun: ChannelRules {
    /// What ffmpeg is to make of the source, once it is known.
    struct Source {
        let command: ChildCommand
        let timeout: Duration
    }

    struct Outcome {}

    private struct State {
        var restarts = RestartState(patience: nil, now: .zero)
        var mayComeBack: Bool
        /// What was found out about the input: it is looked at once.
        var source: Source?
        var isAnnounced = false
    }

    /// The most bytes of a picture: what a relay takes of one, 16 MiB.
    static let maximumPictureBytes = 16 << 20

    private let job: PicturePublishing
    private let session: ToolSession
    private let channel: IngestChannel
    private let sender: PictureSender
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    init(_ job: PicturePublishing, _ session: ToolSession) {
        self.job = job
        self.session = session
        sender = PictureSender(
            to: job.channel, at: job.relay, contentType: job.encoding.contentType,
            configuration: job.clientConfiguration, session: session)
        channel = IngestChannel(sender)
        state = Mutex(State(mayComeBack: job.publishing.input.mayComeBack))
    }

    /// Says what went through.
    func summarize() async {
        guard let summary = await sender.summary else { return }
        let dropped = channel.droppedCount
        session.summarize("published \(summary)" + (dropped > 0 ? "; dropped: \(dropped)" : ""))
    }

    private var now: Duration { ContinuousClock.now - start }
    private var name: String { job.publishing.input.description }
}

// One source, from its choice to its end.
extension PictureRun {
    func nextSource() async throws -> Source {
        state.withLock { $0.restarts.started(now: now) }
        if let known = state.withLock({ $0.source }) { return known }
        let (publishing, mayComeBack) = try await job.publishing.lookedAt(session)
        // A picture may be as far from the next as the rate has it, or as keyframes are.
        let span = Duration.seconds(1 / job.encoding.maximumRate)
        let source = Source(
            command: FFmpegCommand.pictures(of: publishing, as: job.encoding),
            timeout: max(publishing.timeout, job.encoding.keyframesOnly ? .seconds(60) : .zero) + span)
        state.withLock { state in
            state.mayComeBack = mayComeBack
            state.source = source
        }
        return source
    }

    func makeChannel() -> any PublishedChannel { channel }
    func hasOpened(_ channel: any PublishedChannel) {}
    func canWait(_ source: Source, _ input: any SourceInput) -> Bool { false }
    var renewal: RenewalRule { .never }

    func open(_ source: Source) async throws -> any SourceInput {
        let plan = SourcePlan(.ffmpeg(source.command, reading: job.publishing.input, timeout: source.timeout))
        var logger = session.logger
        // What ffmpeg says last goes into the failure, if there is one. Of what a camera loses on the way it says a line each.
        if logger.logLevel == .info { logger.logLevel = .error }
        return try await plan.open(within: source.timeout, logger: logger)
    }

    func publish(
        _ source: Source, from opened: OpenedSource, to outlet: any SegmentOutlet, _ stop: StopRequest
    ) async throws -> Outcome {
        var outlet = outlet
        var splitter = PictureSplitter(job.encoding.structure, limit: Self.maximumPictureBytes)
        var count = 0
        var trouble: PictureStreamError?
        while trouble == nil, case .bytes(let bytes)? = try await opened.input.next() {
            var pictures: [[UInt8]] = []
            do { try splitter.receive(bytes) { pictures.append($0) } } catch { trouble = error }
            for picture in pictures {
                try await outlet.begin()
                try await outlet.write(picture)
                try await outlet.finish()
            }
            count += pictures.count
            if !pictures.isEmpty { announce() }
        }
        if session.stop.isMade || Task.isCancelled { return Outcome() }
        if trouble == nil { do { try splitter.finish() } catch { trouble = error } }
        if count > 0, trouble == nil { return Outcome() }
        // ffmpeg's own words say more.
        if let failure = await opened.close()?.failure { throw failure }
        throw ToolFailure("ffmpeg made no picture of '\(name)'" + (trouble.map { ": \($0)" } ?? ""))
    }

    private func announce() {
        let isFirst = state.withLock { state in
            state.restarts.worked(now: now)
            defer { state.isAnnounced = true }
            return !state.isAnnounced
        }
        guard isFirst else { return }
        session.logger.info("publishes \(name) as \(job.relay.url(channel: job.channel))")
    }
}

// What follows what.
extension PictureRun {
    func ended(_ source: Source, _ outcome: Outcome, _ ending: SourceEnding?) throws -> AfterTurn {
        if let failure = ending?.failure { throw failure }
        return try openedAgain(because: nil)
    }

    func failed(_ failure: any Error, of source: Source?, at step: TurnStep) throws -> AfterTurn {
        if session.stop.isMade && failure is CancellationError { return .end }
        switch failure {
        case let unusable as UnusableInput: throw unusable.failure
        case is SourceFailure: return try openedAgain(because: failure)
        case let failure as ToolFailure where failure.exit == .failure:
            if failure.message.contains("Unknown encoder") {
                throw ToolFailure(
                    "this ffmpeg has no encoder '\(job.encoding.encoder)': choose another --format, or install an ffmpeg that has it"
                )
            }
            if failure.message.contains("Protocol not found") { throw failure }
            return try openedAgain(because: failure)
        default: throw failure
        }
    }

    /// Has a live source opened again.
    ///
    /// - Throws: `failure`, where the source is none that comes back.
    private func openedAgain(because failure: (any Error)?) throws -> AfterTurn {
        if session.stop.isMade { return .end }
        let wait: Duration? = state.withLock { state in
            state.mayComeBack ? state.restarts.ended(now: now, jitter: .random(in: 0..<1)) : nil
        }
        guard let wait else {
            if let failure { throw failure }
            return .end
        }
        let reason = failure.map { ToolFailure($0).message } ?? "'\(name)' has ended"
        let seconds = DecimalText.fixed(wait / .seconds(1), digits: 1)
        session.logger.warning("\(reason); opens it again in \(seconds) s")
        return .next(after: wait)
    }
}
