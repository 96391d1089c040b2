import ChildProcesses
import CommandFrame
import Endings
import Logging
import Subscribing
import Synchronization
import TrickleKit

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Writes channels to files or named pipes: what `pubsub-pipe` does with each.
public final class ChannelFiling: Sendable {
    private let template: StreamTemplate
    private let relay: RelayURL
    private let configuration: ClientConfiguration
    private let paths = Mutex(Paths())

    private struct Paths {
        var inUse: Set<String> = []
        /// Those that this process has begun, and goes on with behind their end.
        var begun: Set<String> = []
    }

    /// - Parameter template: A path, with the channel's name in it unless there is only one.
    public init(to template: StreamTemplate, relay: RelayOptions, session: ToolSession) {
        self.template = template
        self.relay = relay.url
        configuration = relay.configuration(logger: session.logger)
    }

    /// Writes the channel until it ends or a stop is asked for.
    public func write(_ channel: ChannelName, _ session: ToolSession) async {
        let path = template.path(for: channel)
        guard paths.withLock({ $0.inUse.insert(path).inserted }) else {
            return session.logger.error(
                "another channel is written to '\(path)': --out 'DIRECTORY/{name}.ts' has room for all")
        }
        defer { paths.withLock { _ = $0.inUse.remove(path) } }
        session.logger.info("is written to '\(path)'")
        var reading = ChannelReading(relay: relay, channel: channel, configuration: configuration)
        reading.start = .current
        let continues = paths.withLock { !$0.begun.insert(path).inserted }
        do {
            try await reading.run(into: FileSink(path: path, continues: continues), session: session)
            session.logger.info("is written no longer: it has ended")
        } catch {
            session.logger.error("\(ToolFailure(error).message)")
        }
    }
}

/// A file, or a named pipe whose readers come and go: nobody gets the middle of a segment without its start.
final class FileSink: SegmentSink {
    private struct State {
        var writer: DescriptorWriter?
        var continues: Bool
    }

    private let path: String
    private let state: Mutex<State>

    /// - Parameter continues: Whether what is in the file stays, and the rest goes behind it.
    init(path: String, continues: Bool) {
        self.path = path
        state = Mutex(State(continues: continues))
    }

    deinit { state.withLock { $0.writer }?.close() }

    var departure: AsyncStream<Never>? { nil }

    func begin(_ sequence: SequenceNumber) throws -> SinkDisposition {
        try state.withLock { state in
            if state.writer != nil { return }
            let keeping = state.continues ? O_APPEND : O_TRUNC
            state.continues = true
            do {
                // A named pipe without a reader would hold up everything.
                let descriptor = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_NONBLOCK | keeping)
                let flags = fcntl(descriptor.rawValue, F_GETFL)
                _ = fcntl(descriptor.rawValue, F_SETFL, flags & ~O_NONBLOCK)
                state.writer = try DescriptorWriter(descriptor, what: "'\(path)'")
            } catch let error as SystemError where error.number == ENXIO {
                // Nobody reads yet: perhaps when the next segment begins.
            }
        }
        return .goOn
    }

    func write(_ bytes: [UInt8]) async throws -> SinkDisposition {
        guard let writer = state.withLock({ $0.writer }) else { return .goOn }
        if try await writer.write(bytes) == .closedByReader {
            writer.close()
            state.withLock { $0.writer = nil }
        }
        return .goOn
    }

    func end(isWhole: Bool) {}
}
