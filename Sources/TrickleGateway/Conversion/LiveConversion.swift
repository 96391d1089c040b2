import ChildProcesses
import Logging
import MediaChildren
import TrickleCore
import TrickleRelay

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a conversion allows itself.
enum ConversionTimes {
    /// How long ffmpeg may take to end after its input has.
    static let closing = Duration.seconds(3)
    /// How long it may take when it is told to; then it is killed.
    static let kill = Duration.seconds(1)
}

/// A channel made into something else, for as long as somebody watches that: one ffmpeg for all viewers.
///
///     starting ── the first that a viewer can begin with ──► live ── nobody watches, the channel ends or becomes another ──► ended
///
/// ffmpeg reads the channel, and what it writes is a channel of its own, derived from it. Viewers read that from the relay.
actor LiveConversion<Product: ConversionProduct> {
    typealias Start = Product.Output.Start

    /// What a viewer has.
    struct Watching: Sendable {
        let start: Start
        /// The channel that it reads.
        let derived: ChannelName
        /// It counts as a viewer for as long as this is held.
        let viewer: any AnyObject & Sendable
    }

    private enum State {
        /// Those who wait, by a number.
        case starting([Int: CheckedContinuation<Result<Start, ConversionRefusal>, Never>])
        case live(Start)
        case ended(ConversionRefusal)
    }

    nonisolated let channel: ChannelName
    nonisolated let product: Product
    nonisolated let derived: ChannelName
    private let relay: RelayServer
    private let grace: Duration
    private let startTimeout: Duration
    private let children: GatewayChildren
    private let permit: ChildPermit
    private let logger: Logger
    private let ended: @Sendable (LiveConversion) async -> Void
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
        of channel: ChannelName, to product: Product, on relay: RelayServer, _ configuration: GatewayConfiguration,
        children: GatewayChildren, _ permit: ChildPermit, logger: Logger,
        ended: @escaping @Sendable (LiveConversion) async -> Void
    ) {
        self.channel = channel
        self.product = product
        derived = .derived(product.kind, from: channel)
        self.relay = relay
        grace = configuration.movieGrace
        startTimeout = configuration.movieStartTimeout
        self.children = children
        self.permit = permit
        self.logger = logger
        self.ended = ended
    }

    /// Adds a viewer.
    ///
    /// - Parameter viewer: held as long as the viewer counts.
    /// - Throws: ``ConversionRefusal``; `CancellationError`.
    func watch(_ viewer: (any AnyObject & Sendable)? = nil) async throws -> Watching {
        if case .ended = state { throw ConversionRefusal.over }
        let viewer = ConversionViewer(holding: viewer) { Task { await self.viewerLeft() } }
        viewerCount += 1
        leaving?.cancel()
        if running == nil { running = Task { await run() } }
        let start = try await started().get()
        try Task.checkCancellation()
        return Watching(start: start, derived: derived, viewer: viewer)
    }

    /// Waits until there is something to begin with, but not for ever.
    private func started() async -> Result<Start, ConversionRefusal> {
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

    private func viewerLeft() {
        viewerCount -= 1
        guard viewerCount == 0 else { return }
        leaving = Task {
            try await Task.sleep(for: grace)
            if viewerCount == 0 { end(.over) }
        }
    }

    private func end(_ refusal: ConversionRefusal) {
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

    // MARK: From the channel to what is made of it

    /// Feeds ffmpeg for as long as there is something to feed it with and somebody watches.
    private nonisolated func run() async {
        do {
            var feed = ConversionFeed(relay.subscriber(to: channel, from: .current))
            let streams = try await feed.begin()
            if let problem = product.problem(of: streams) { throw ConversionRefusal.unsuitable(problem) }
            let child = try children.start(product.arguments(for: streams), limits: product.limits, permit)
            let publishing = Task { await publish(child) }
            try? await feed.run(into: child)
            child.endInput()
            // At its input's end it writes what it still has, and ends by itself.
            let isWatched = !Task.isCancelled
            let killing = Task.detached {
                if isWatched { try await Task.sleep(for: ConversionTimes.closing) }
                _ = await child.process.stop(grace: ConversionTimes.kill)
            }
            await publishing.value
            killing.cancel()
            await child.stop()
        } catch let refusal as ConversionRefusal {
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
        var output = product.output(to: derived, on: relay)
        do {
            for try await piece in child.pieces {
                child.hasWritten()
                try output.receive(piece) { isLive($0) }
            }
        } catch {
            problem = "\(error)"
            child.process.signalGroup(SIGTERM)
        }
        let (status, lastWords) = await child.end()
        if !status.isSuccess { problem = problem ?? (lastWords.isEmpty ? "\(status)" : lastWords) }
        // Only what ffmpeg itself has brought to its end has one: viewers of all else are cut.
        if problem == nil { output.close() } else { output.breakOff() }
        if let problem, case .live = state { logger.info("\(product) of '\(channel)' ends: \(problem)") }
        end(.failed("ffmpeg could not make \(product) of '\(channel)'\(problem.map { ": \($0)" } ?? "")"))
    }
}

/// Somebody who watches, until the last reference goes.
private final class ConversionViewer: Sendable {
    private let held: (any AnyObject & Sendable)?
    private let left: @Sendable () -> Void

    init(holding held: (any AnyObject & Sendable)?, left: @escaping @Sendable () -> Void) {
        self.held = held
        self.left = left
    }

    deinit { left() }
}
