import ChildProcesses
import Endings
import Logging
import MPEGTS
import MediaChildren
import Subscribing
import Synchronization
import TrickleKit

/// An ffmpeg that sends a channel on to a media server. It is started with the first segment that has all that the stream is made of.
final class PushSink: SegmentSink {
    private enum State {
        case looking(PushBeginning)
        case pushing(LoggedChild, DescriptorWriter)
        case ended
    }

    private let url: String
    private let timeout: Duration
    private let createdAt = ContinuousClock.now
    private let logger: Logger
    private let state = Mutex(State.looking(PushBeginning()))
    private let childEnd = AsyncStream<Never>.makeStream()
    private let stalled: Mutex<Bool> = Mutex(false)

    init(url: String, timeout: Duration, logger: Logger) {
        self.url = url
        self.timeout = timeout
        self.logger = logger
    }

    var departure: AsyncStream<Never>? { childEnd.stream }

    func begin(_ sequence: SequenceNumber) -> SinkDisposition {
        state.withLock { state in
            guard case .looking(var beginning) = state else { return }
            beginning.beginSegment()
            state = .looking(beginning)
        }
        return .goOn
    }

    func write(_ bytes: [UInt8]) async throws -> SinkDisposition {
        var bytes = bytes
        let isLooking = state.withLock { if case .looking = $0 { true } else { false } }
        if isLooking {
            guard let start = try look(at: bytes) else { return .goOn }
            try self.start(start)
            bytes = start.bytes
        }
        guard case .pushing(let child, let writer) = state.withLock({ $0 }) else { return .stop }
        let watch = SilenceWatch(limit: timeout + .seconds(2)) { [self] in
            stalled.withLock { $0 = true }
            Task { await child.stop() }
        }
        watch.isAwaited()
        defer { withExtendedLifetime(watch) {} }
        return try await writer.write(bytes) == .written ? .goOn : .stop
    }

    func end(isWhole: Bool) {}

    /// Lets ffmpeg come to its end.
    ///
    /// - Throws: ``ToolFailure`` when it has ended by itself, whatever it says of that.
    func finish(isStopped: Bool) async throws {
        let before = state.withLock { state in
            defer { state = .ended }
            return state
        }
        guard case .pushing(let child, let writer) = before else { return }
        let endedByItself = child.process.endedWith != nil
        writer.close()
        if isStopped && !endedByItself {
            // It has nothing left to read, and takes its leave of the server.
            let patience = Task.detached {
                try await Task.sleep(for: .milliseconds(500))
                await child.stop(grace: .milliseconds(100))
            }
            _ = await child.end()
            patience.cancel()
            return
        }
        let patience = Task.detached { [timeout] in
            try await Task.sleep(for: timeout)
            await child.stop()
        }
        defer { patience.cancel() }
        let shown = Credentials.hidden(in: url)
        if stalled.withLock({ $0 }) { throw ToolFailure("'\(shown)' took nothing for \(timeout)") }
        try await child.succeed("push to '\(shown)'")
        if endedByItself { throw ToolFailure("ffmpeg ended though '\(shown)' was to have more") }
    }

    private func look(at bytes: [UInt8]) throws -> PushBeginning.Start? {
        try state.withLock { state in
            guard case .looking(var beginning) = state else { return nil }
            // Held once, what it has is not copied for each piece.
            state = .looking(PushBeginning())
            defer { state = .looking(beginning) }
            let start = try beginning.receive(bytes, now: ContinuousClock.now - createdAt)
            return start
        }
    }

    private func start(_ start: PushBeginning.Start) throws {
        if !start.absent.isEmpty {
            let pids = start.absent.map { "\($0.rawValue)" }.joined(separator: ", ")
            logger.warning("is pushed without what it lists and does not have so far (PID \(pids))")
        }
        let child = try LoggedChild(
            PushCommand.push(to: url, codecs: start.codecs, absent: start.absent, timeout: timeout),
            standardInput: .pipe, logger: logger)
        guard let input = child.process.standardInput else { preconditionFailure("standard input is a pipe") }
        let writer = try child.orKilling { try DescriptorWriter(input, what: "ffmpeg") }
        state.withLock { $0 = .pushing(child, writer) }
        Task { [childEnd] in
            _ = await child.end()
            childEnd.continuation.finish()
        }
    }
}
