import ChildProcesses
import CommandFrame
import Logging
import Records
import TrickleKit

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Publishes what comes on standard input, whatever it is: what `publish-pipe` does.
public struct PipePublishing: Sendable {
    public var split: PipeSplit
    /// nil for what the split suggests.
    public var contentType: String?
    /// For how long records go into one segment, from its first on.
    public var batch: Duration = .zero
    /// Whether the channel stays open at the end.
    public var keepsOpen = false
    /// Whether segments that did not get through whole are a failure in the end.
    public var isStrict = false
    /// Whether another that publishes the channel is pushed aside, instead of being left alone.
    public var takesOver = false

    private let relay: RelayOptions
    private let channel: ChannelName

    public init(_ split: PipeSplit, to channel: ChannelName, relay: RelayOptions) {
        self.split = split
        self.relay = relay
        self.channel = channel
    }

    /// Publishes until the input ends or a stop is asked for.
    ///
    /// - Throws: ``ToolFailure``, `TrickleError`.
    public func run(_ session: ToolSession) async throws {
        let contentType = contentType ?? split.contentType(isBatched: batch > .zero)
        if split == .ts {
            var job = ChannelPublishing(.init(input: .standardInput), to: channel, relay: relay, session: session)
            job.contentType = contentType
            job.keepsOpen = keepsOpen
            job.takesOver = takesOver
            job.isStrict = isStrict
            return try await job.run(session)
        }
        let reader = try DescriptorReader(OwnedDescriptor(STDIN_FILENO), what: "standard input")
        let registration = session.stop.whenMade { reader.stop() }
        defer { registration.cancel() }
        let output = PipeSegments(
            relay: relay.url, channel: channel, contentType: contentType,
            configuration: relay.configuration(logger: session.logger), takesOver: takesOver, span: span,
            recordsAreWhole: split.hasRecords, session: session)
        let isDone: Void? = try await session.stop.cancelling(after: Self.graceAfterStop) {
            try await output.open()
            session.logger.info("publishes standard input as \(relay.url.url(channel: channel))")
            do {
                try await publish(reader, output, session)
            } catch {
                // What is not whole is told as such, and readers need not wait for what will not come.
                await output.abort()
                try? await output.close(keepsOpen: keepsOpen)
                throw error
            }
            try await output.finish()
            try await output.close(keepsOpen: keepsOpen)
            try session.check(dropped: await output.lostCount, isStrict: isStrict)
        }
        guard isDone == nil else { return }
        let isClosed = keepsOpen ? false : await output.closeAtOnce()
        if !isClosed {
            session.logger.warning("the relay does not take the rest: the channel is left as it is")
        }
    }

    /// How long the relay may take for the rest after a stop was asked for.
    private static let graceAfterStop = Duration.milliseconds(400)

    private func publish(_ reader: DescriptorReader, _ output: PipeSegments, _ session: ToolSession) async throws {
        var splitter = split.splitter()
        var events: [RecordEvent] = []
        while true {
            let piece: [UInt8]?
            do {
                piece = try await next(reader, by: await output.deadline)
            } catch is DescriptorReader.TimeIsUp {
                try await output.endSegment()
                continue
            }
            guard let piece else { break }
            var failure: (any Error)?
            do { try splitter.receive(piece) { events.append($0) } } catch { failure = error }
            // What came before the mistake is whole.
            try await output.perform(events)
            if let failure { throw failure }
            events.removeAll(keepingCapacity: true)
        }
        do { try splitter.finish { events.append($0) } } catch {
            // After a signal, the rest of the document is nobody's mistake.
            if !session.stop.isMade { throw error }
            await output.abort()
        }
        try await output.perform(events)
    }

    /// For how long a segment is open; nil where each record is one.
    private var span: Duration? {
        if case .time(let time) = split { return time }
        return batch > .zero && split.hasRecords ? batch : nil
    }

    private func next(_ reader: DescriptorReader, by deadline: ContinuousClock.Instant?) async throws -> [UInt8]? {
        if let deadline { return try await reader.next(by: deadline) }
        var iterator = reader.makeAsyncIterator()
        return try await iterator.next()
    }
}
