import CommandFrame
import Endings
import Logging
import MPEGTS
import MediaChildren
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
    private let doors: LiveDoors
    private let session: ToolSession

    /// - Parameter session: Without a stop of its own.
    init(
        of channel: ChannelName, _ asked: LiveRequest, from client: ClientIdentity, through doors: LiveDoors,
        _ session: ToolSession
    ) {
        self.channel = channel
        self.asked = asked
        self.client = client
        self.doors = doors
        self.session = session
    }

    /// Publishes until the body ends.
    ///
    /// - Parameter container: What it is; nil for MPEG-TS itself.
    func publish(_ body: RequestBodyStream, _ container: LiveContainer?) async -> RampResponse {
        await doors.places.withPlace { await publishInPlace(body, container) }
            ?? .problem(
                503, "\(doors.places.count) streams come in, which is as many as may: --memory sets another limit",
                fields: [(name: "Retry-After", value: "10")])
    }

    private func publishInPlace(_ body: RequestBodyStream, _ container: LiveContainer?) async -> RampResponse {
        do {
            guard let container else { return try await publish(body, BodySource(body)) }
            // Where one request's part of a container ends, the next has no head to begin with.
            if asked.isPart { return .problem(400, "parts are for MPEG-TS: send them to /\(channel)/live.ts") }
            let source = try ConvertedSource(body, container, doors.children, logger: session.logger)
            return try await publish(body, source)
        } catch let error as NotTransportStream {
            return .problem(415, "\(error)")
        } catch let error as SourceFailure {
            return .problem(415, error.reason)
        } catch let error as ConvertedSource.Failure {
            return .problem(415, error.reason)
        } catch let error as NothingCame {
            return .problem(408, "no packet came for \(error.limit.components.seconds) s")
        } catch let error as ChildRefusal {
            return .problem(503, "\(error)", fields: [(name: "Retry-After", value: "10")])
        } catch let error as TrickleError {
            return answer(to: error)
        } catch {
            return .problem(503, "\(error)")
        }
    }

    private func publish(_ body: RequestBodyStream, _ source: any LiveSource) async throws -> RampResponse {
        do {
            let response = try await publishFrom(source, of: body)
            await source.close()
            return response
        } catch {
            await source.close()
            throw error
        }
    }

    private func publishFrom(_ source: any LiveSource, of body: RequestBodyStream) async throws -> RampResponse {
        if asked.isPart, let paused = doors.paused.take(channel, by: client.household) {
            return try await publish(body, source, paused)
        }
        // A body that is no transport stream makes no channel, and one that does not begin has no place for ever.
        let limit = doors.relay.configuration.limits.idleTimeout
        let timer = Task {
            try await Task.sleep(for: limit)
            body.end(NothingCame(limit: limit))
        }
        defer { timer.cancel() }
        let checked = try await CheckedSource(source)
        timer.cancel()
        let publisher = try doors.relay.publisher(of: channel, for: client, takesOver: asked.replaces)
        session.logger.info("is published by \(client.address)")
        let stop = StopRequest()
        return try await publish(
            body, checked,
            .init(stream: newStream(to: publisher, stop), publisher: publisher, client: client.household, stop: stop))
    }

    /// No packet has come for too long.
    private struct NothingCame: Error {
        let limit: Duration
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

    private func newStream(to publisher: LocalPublisher, _ stop: StopRequest) -> SourceStream {
        let isContinuation = publisher.nextSequence != .zero
        // A channel that begins has the stream as it is.
        let tables = isContinuation ? doors.tables.take(channel) : nil
        return SourceStream(
            GOPSegmenter.Configuration(), .marked(isContinuation: isContinuation, tables: tables ?? TableVersions()),
            isPaced: asked.isPaced, lead: Self.lead, to: DroppingOutlet(publisher, logger: session.logger),
            session.with(stop: stop, logger: session.logger))
    }

    private func publish(
        _ body: RequestBodyStream, _ source: any LiveSource, _ goingOn: PausedStreams.Paused
    ) async throws -> RampResponse {
        var stream = goingOn.stream
        let publisher = goingOn.publisher
        let watch = watch(body, of: publisher)
        defer { watch.cancel() }
        // Nobody is there any more who could be held back, and the channel is to be free for whoever comes.
        body.whenBroken { goingOn.stop.make() }
        do {
            let isWhole = try await take(source, into: &stream)
            if isWhole, asked.isPart {
                await doors.paused.keep(
                    .init(stream: stream, publisher: publisher, client: goingOn.client, stop: goingOn.stop))
                return .text("\(published(stream)) so far")
            }
            try await stream.finish(isCut: !isWhole)
            if let tables = stream.tables, !isWhole || asked.keepsOpen { doors.tables.keep(tables, of: channel) }
            guard isWhole else {
                publisher.release(.linger)
                session.logger.notice("its publisher broke off: the channel waits for it")
                return .problem(503, "the body has no end")
            }
            publisher.release(asked.keepsOpen ? .leave : .close)
            session.logger.info("has ended")
            return .text(published(stream))
        } catch let error as TrickleError where error.code == .channelNotFound || error.code == .channelClosed {
            return .text(
                "the channel '\(channel)' was closed", fields: [(name: HeaderName.closed, value: "terminated")])
        } catch {
            publisher.release(.linger)
            throw error
        }
    }

    /// - Returns: whether the body had its proper end.
    private func take(_ source: any LiveSource, into stream: inout SourceStream) async throws -> Bool {
        var source = source
        do {
            var follower = Follower { session.logger.warning("\(pictureWarning)") }
            try await stream.publish({ try await source.next().map { .bytes($0) } }, telling: &follower)
            return true
        } catch is RequestBodyStream.Broken {
            return false
        }
    }

    /// Warns of a stream without pictures.
    private struct Follower: StreamFollower {
        let warn: () -> Void

        func hasPublished(_ progress: StreamProgress, of stream: inout SourceStream) {
            if stream.isNewlyWithoutPictures() { warn() }
        }

        /// A body has one stream.
        func begins(after stream: inout SourceStream) -> Bool { false }
    }

    /// What is said of a stream that viewers see nothing of.
    private var pictureWarning: String {
        let advice =
            asked.isPart
            ? "every part has to come whole, those with keyframes above all; souphttpclientsink needs tsparse before it"
            : "have its encoder send a keyframe every second or two"
        return "no player can decode a picture of it so far: \(advice)"
    }

    // MARK: Answers

    private func published(_ stream: SourceStream) -> String {
        let count = stream.segmentCount
        let lost = stream.droppedCount > 0 ? "; \(stream.droppedCount) lost: the relay had no room" : ""
        return "published \(count) \(count == 1 ? "segment" : "segments") of '\(channel)'\(lost)"
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
