import CommandFrame
import Logging
import MPEGTS
import NIOCore
import Publishing
import TrickleCore
import TrickleKit
import TrickleRelay

/// One body without an end, on its way into a channel.
struct LiveBody {
    /// How far a stream may be ahead of its clock before its sender is held back: what encoders send at once at their beginning costs no delay.
    private static let lead = Duration.seconds(2)
    /// How often it is looked whether the channel is still the publisher's.
    private static let checkInterval = Duration.seconds(1)

    private let channel: ChannelName
    private let asked: LiveRequest
    private let client: ClientIdentity
    private let relay: RelayServer
    private let memory: TableMemory
    private let session: ToolSession

    init(
        of channel: ChannelName, _ asked: LiveRequest, from client: ClientIdentity, on relay: RelayServer,
        tables: TableMemory, _ session: ToolSession
    ) {
        self.channel = channel
        self.asked = asked
        self.client = client
        self.relay = relay
        memory = tables
        self.session = session
    }

    /// Publishes until the body ends.
    func publish(_ body: RequestBodyStream) async -> RampResponse {
        do {
            var source = BodySource(body)
            // A body that is no transport stream makes no channel.
            try await source.findPackets()
            let publisher = try relay.publisher(of: channel, for: client, takesOver: asked.replaces)
            session.logger.info("is published by \(client.address)")
            let watch = watch(body, of: publisher)
            defer { watch.cancel() }
            return try await publish(source, to: publisher)
        } catch let error as NotTransportStream {
            return .problem(415, "\(error)")
        } catch let error as SourceFailure {
            return .problem(415, error.reason)
        } catch let error as TrickleError {
            return answer(to: error)
        } catch {
            return .problem(503, "the body did not come: \(error)")
        }
    }

    /// Whoever takes the channel, or closes it, finds a publisher that may be silent.
    private func watch(_ body: RequestBodyStream, of publisher: LocalPublisher) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                do { try publisher.check() } catch { return body.end(error) }
                try? await Task.sleep(for: Self.checkInterval)
            }
        }
    }

    private func publish(_ source: BodySource, to publisher: LocalPublisher) async throws -> RampResponse {
        do {
            let (stream, isWhole) = try await take(source, for: publisher)
            guard isWhole else {
                publisher.release(.linger)
                session.logger.notice("its publisher broke off: the channel waits for it")
                return .problem(503, "the body has no end")
            }
            publisher.release(asked.keepsOpen ? .leave : .close)
            session.logger.info("has ended")
            return published(stream)
        } catch let error as TrickleError where error.code == .channelNotFound || error.code == .channelClosed {
            return .text(
                "the channel '\(channel)' was closed", fields: [(name: HeaderName.closed, value: "terminated")])
        } catch {
            publisher.release(.leave)
            throw error
        }
    }

    /// - Returns: what went through, and whether the body had its proper end.
    private func take(
        _ source: BodySource, for publisher: LocalPublisher
    ) async throws -> (stream: SourceStream, isWhole: Bool) {
        let isContinuation = publisher.nextSequence != .zero
        var stream = SourceStream(
            GOPSegmenter.Configuration(),
            .marked(isContinuation: isContinuation, tables: memory.take(channel) ?? TableVersions()),
            isPaced: asked.isPaced, lead: Self.lead, to: DroppingOutlet(publisher, logger: session.logger), session)
        var source = source
        var isWhole = true
        do {
            while let bytes = try await source.next() { try await stream.perform(try stream.receive(bytes)) }
        } catch is RequestBodyStream.Broken {
            isWhole = false
        }
        try await stream.finish(isCut: !isWhole)
        if let tables = stream.tables, !isWhole || asked.keepsOpen { memory.keep(tables, of: channel) }
        return (stream, isWhole)
    }

    // MARK: Answers

    private func published(_ stream: SourceStream) -> RampResponse {
        let lost = stream.droppedCount > 0 ? "; \(stream.droppedCount) lost: the relay had no room" : ""
        return .text("published \(stream.segmentCount) segments of '\(channel)'\(lost)")
    }

    private func answer(to error: TrickleError) -> RampResponse {
        switch error.code {
        case .channelTaken: .problem(409, error.message + "; take it with ?replace=1")
        case _: .problem(error.status ?? 503, error.message)
        }
    }
}

extension RampResponse {
    fileprivate static func text(_ line: String, fields: [(name: String, value: String)] = []) -> RampResponse {
        .problem(200, line, fields: fields)
    }
}
