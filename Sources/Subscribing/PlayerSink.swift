import ChildProcesses
import Endings
import Logging
import MPEGTS
import MediaChildren
import Synchronization
import TrickleKit

/// A player on the other end of a pipe. It is started with the first segment, so that no window opens for a channel that is not there.
final class PlayerSink: SegmentSink {
    private struct Running {
        let child: LoggedChild
        let writer: DescriptorWriter
        let script: SpeedScript?
    }

    private let command: ChildCommand
    private let catchesUp: Bool
    /// Whether the player is known to have no use for text.
    private let isMediaOnly: Bool
    private let logger: Logger
    private let running: Mutex<Running?> = Mutex(nil)
    private let playerEnd = AsyncStream<Never>.makeStream()

    /// - Parameters:
    ///   - catchesUp: Whether mpv is told to catch up when it is behind.
    ///   - isMediaOnly: Whether the player has no use for text.
    init(_ command: ChildCommand, catchesUp: Bool = false, isMediaOnly: Bool = false, logger: Logger) {
        self.command = command
        self.catchesUp = catchesUp
        self.isMediaOnly = isMediaOnly
        self.logger = logger
    }

    func begin(_ sequence: SequenceNumber) throws -> SinkDisposition {
        if running.withLock({ $0 != nil }) { return .goOn }
        var command = command
        let script = catchesUp && command.program == "mpv" ? SpeedScript() : nil
        if let script { command.arguments.insert("--script=\(script.path)", at: 0) }
        let child: LoggedChild
        let writer: DescriptorWriter
        do {
            child = try LoggedChild(command, standardInput: .pipe, logger: logger)
            guard let input = child.process.standardInput else { preconditionFailure("standard input is a pipe") }
            writer = try child.orKilling { try DescriptorWriter(input, what: command.program) }
        } catch {
            script?.remove()
            throw error
        }
        running.withLock { $0 = Running(child: child, writer: writer, script: script) }
        Task { [playerEnd] in
            _ = await child.end()
            playerEnd.continuation.finish()
        }
        return .goOn
    }

    func write(_ bytes: [UInt8]) async throws -> SinkDisposition {
        guard let running = running.withLock({ $0 }) else {
            preconditionFailure("a segment is begun before it is written")
        }
        if isMediaOnly, let text = InputFormat(head: bytes), text.isDocument {
            throw ToolFailure("the channel carries \(text.rawValue), not media: read it with read2pipe")
        }
        return try await running.writer.write(bytes) == .written ? .goOn : .stop
    }

    func end(isWhole: Bool) {}

    var departure: AsyncStream<Never>? { playerEnd.stream }

    /// Lets the player come to its end, by itself or, after a signal, at once.
    func finish(isStopped: Bool) async throws {
        guard let running = running.withLock({ $0 }) else { return }
        defer { running.script?.remove() }
        running.writer.close()
        if isStopped {
            await running.child.stop()
        } else {
            do { try await running.child.succeed("play the channel") } catch {
                guard running.child.lastWords.contains("initialize SDL") else { throw error }
                throw ToolFailure(
                    "\(command.program) cannot open a window: does the display of DISPLAY or WAYLAND_DISPLAY answer, and may you use it?"
                )
            }
        }
    }

    func stop() async {
        guard let running = running.withLock({ $0 }) else { return }
        defer { running.script?.remove() }
        running.writer.close()
        await running.child.stop()
    }
}
