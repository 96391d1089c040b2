import ChildProcesses
import FragmentedMP4
import Logging
import MPEGTS
import MediaChildren
import NIOCore
import TrickleCore
import TrickleRelay

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A channel as fragmented MP4, for as long as somebody watches it: one ffmpeg for all viewers.
///
///     starting ── initialization and a keyframe ──► live ── nobody watches, the channel ends or becomes another ──► ended
///
/// ffmpeg reads the channel, and what it writes is a channel of its own, derived from it, with a segment for each run of fragments that
/// begins with a keyframe. Viewers read that from the relay.
actor LiveMovie {
    /// How long ffmpeg may take to end after its input has.
    static let closingTime = Duration.seconds(3)
    /// How long it may take when it is told to; then it is killed.
    static let killTime = Duration.seconds(1)
    /// A movie of 8K takes 90 MB.
    static let limits = ChildLimits(memoryByteCount: 256 << 20, niceness: 5)
    /// What a segment of sound alone lasts.
    static let audioSegmentDuration = Duration.seconds(1)

    /// What a viewer begins with.
    struct Start: Sendable {
        let initialization: Initialization
        let number: SequenceNumber
    }

    /// Why there is no movie.
    enum Refusal: Error {
        /// The channel is not there, or is over.
        case ended
        /// The movie is over, not the channel: another can be begun after ``hasEnded()``.
        case over
        case unsuitable(String)
        case failed(String)
    }

    private enum State {
        /// Those who wait, by a number.
        case starting([Int: CheckedContinuation<Result<Start, Refusal>, Never>])
        case live(Start)
        case ended(Refusal)
    }

    nonisolated let channel: ChannelName
    nonisolated let derived: ChannelName
    private let relay: RelayServer
    private let grace: Duration
    private let startTimeout: Duration
    private let children: GatewayChildren
    private let permit: ChildPermit
    private let logger: Logger
    private let ended: @Sendable (LiveMovie) async -> Void
    private var state = State.starting([:])
    private var lastWaiting = 0
    private var running: Task<Void, Never>?
    private(set) var viewerCount = 0
    private var leaving: Task<Void, any Error>?

    /// - Parameters:
    ///   - configuration: how long a viewer waits for the first keyframe, and how long ffmpeg runs on for nobody.
    ///   - children: starts the ffmpeg.
    ///   - permit: its place, which it gives back when it is over.
    ///   - ended: called once, when it is over.
    init(
        of channel: ChannelName, on relay: RelayServer, _ configuration: GatewayConfiguration,
        children: GatewayChildren, _ permit: ChildPermit, logger: Logger,
        ended: @escaping @Sendable (LiveMovie) async -> Void
    ) {
        self.channel = channel
        derived = .derived("mp4", from: channel)
        self.relay = relay
        grace = configuration.movieGrace
        startTimeout = configuration.movieStartTimeout
        self.children = children
        self.permit = permit
        self.logger = logger
        self.ended = ended
    }

    /// Adds a viewer, who counts for as long as the stream is held.
    ///
    /// - Parameter viewer: held as long, too.
    /// - Throws: ``Refusal``; `CancellationError`.
    func watch(
        _ viewer: (any AnyObject & Sendable)? = nil
    ) async throws -> (stream: ChannelStream, initialization: Initialization) {
        if case .ended = state { throw Refusal.over }
        let viewer = MovieViewer(of: self, holding: viewer)
        viewerCount += 1
        leaving?.cancel()
        if running == nil { running = Task { await run() } }
        let start = try await started().get()
        try Task.checkCancellation()
        let stream = ChannelStream(
            channel: derived, number: start.number, preamble: ByteBuffer(bytes: start.initialization.bytes),
            viewer: viewer)
        return (stream, start.initialization)
    }

    /// Waits until there is something to begin with, but not for ever.
    private func started() async -> Result<Start, Refusal> {
        lastWaiting += 1
        let number = lastWaiting
        let timer = Task {
            try await Task.sleep(for: startTimeout)
            stopWaiting(number)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                switch state {
                case .starting(var waiting):
                    waiting[number] = continuation
                    state = .starting(waiting)
                    if Task.isCancelled { stopWaiting(number) }
                case .live(let start): continuation.resume(returning: .success(start))
                case .ended(let refusal): continuation.resume(returning: .failure(refusal))
                }
            }
        } onCancel: {
            Task { await stopWaiting(number) }
        }
    }

    private func stopWaiting(_ number: Int) {
        guard case .starting(var waiting) = state, let continuation = waiting.removeValue(forKey: number) else {
            return
        }
        state = .starting(waiting)
        continuation.resume(returning: .failure(.failed("no keyframe of '\(channel)' has come; try again")))
    }

    /// Whether it reads the channel, as one of its readers.
    var isReading: Bool {
        if case .ended = state { false } else { running != nil }
    }

    /// Waits until its ffmpeg and its channel are gone.
    func hasEnded() async { await running?.value }

    fileprivate func viewerLeft() {
        viewerCount -= 1
        guard viewerCount == 0 else { return }
        leaving = Task {
            try await Task.sleep(for: grace)
            if viewerCount == 0 { end(.over) }
        }
    }

    private func end(_ refusal: Refusal) {
        if case .starting(let waiting) = state {
            for continuation in waiting.values { continuation.resume(returning: .failure(refusal)) }
        }
        if case .ended = state { return }
        state = .ended(refusal)
        running?.cancel()
    }

    private func isLive(_ start: Start) {
        switch state {
        case .starting(let waiting):
            state = .live(start)
            for continuation in waiting.values { continuation.resume(returning: .success(start)) }
        case .live: state = .live(start)
        case .ended: break
        }
    }

    // MARK: From the channel to its movie

    /// Feeds ffmpeg for as long as there is something to feed it with and somebody watches.
    private nonisolated func run() async {
        do {
            var feed = MovieFeed(relay.subscriber(to: channel, from: .current))
            let streams = try await feed.begin()
            if let problem = streams.problem { throw Refusal.unsuitable(problem) }
            let child = try children.start(streams.arguments, limits: Self.limits, permit)
            let publishing = Task { await publish(child) }
            try? await feed.run(into: child)
            child.endInput()
            // At its input's end it writes what it still has, and ends by itself.
            let isWatched = !Task.isCancelled
            let killing = Task.detached {
                if isWatched { try await Task.sleep(for: Self.closingTime) }
                _ = await child.process.stop(grace: Self.killTime)
            }
            await publishing.value
            killing.cancel()
            await child.stop()
        } catch let refusal as Refusal {
            await end(refusal)
        } catch let error as TrickleError {
            await end(error.code == .channelNotFound ? .ended : .failed(error.description))
        } catch {
            await end(.failed("\(error)"))
        }
        permit.giveBack()
        await ended(self)
    }

    /// Publishes what ffmpeg writes, until it ends.
    private func publish(_ child: PipedChild) async {
        var problem: String?
        var output: MovieOutput?
        do {
            try await publish(child, into: &output)
        } catch {
            problem = "\(error)"
            child.process.signalGroup(SIGTERM)
        }
        let (status, lastWords) = await child.end()
        if !status.isSuccess { problem = problem ?? (lastWords.isEmpty ? "\(status)" : lastWords) }
        // Only what ffmpeg itself has brought to its end has one: viewers of all else are cut.
        if problem == nil { output?.close() } else { output?.breakOff() }
        if let problem, case .live = state { logger.info("the MP4 of '\(channel)' ends: \(problem)") }
        end(.failed("ffmpeg could not make MP4 of '\(channel)'\(problem.map { ": \($0)" } ?? "")"))
    }

    private func publish(_ child: PipedChild, into output: inout MovieOutput?) async throws {
        var reader = FragmentReader()
        for try await piece in child.pieces {
            child.hasWritten()
            var events: [FragmentEvent] = []
            try reader.receive(piece) { events.append($0) }
            for event in events {
                switch event {
                case .initialization(let initialization):
                    let publisher = try relay.publisher(of: derived, contentType: "video/mp4")
                    output = MovieOutput(publisher, initialization)
                case .fragment(let fragment):
                    guard let number = try output?.write(fragment), let output else { continue }
                    isLive(Start(initialization: output.initialization, number: number))
                }
            }
        }
    }
}

/// Somebody who watches a movie, until the last reference goes.
private final class MovieViewer: Sendable {
    private let movie: LiveMovie
    private let held: (any AnyObject & Sendable)?

    init(of movie: LiveMovie, holding held: (any AnyObject & Sendable)?) {
        self.movie = movie
        self.held = held
    }

    deinit {
        Task { [movie] in await movie.viewerLeft() }
    }
}
