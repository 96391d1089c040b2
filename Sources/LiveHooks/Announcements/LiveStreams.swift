import CommandFrame
import Endings
import Logging
import MediaChildren
import Publishing
import TrickleKit

/// The streams of a media server that are announced, each published under its own name by one publisher.
public actor LiveStreams {
    public struct Configuration: Sendable {
        /// Where a stream is pulled from.
        public var source: StreamTemplate
        /// How long a stream may be away before its channel closes.
        public var linger: Duration = .seconds(10)
        /// How long a stream that was announced may take to be there.
        public var patience: Duration = .seconds(10)
        /// Names with this ending are not published: they are on their way out.
        public var ignoredSuffix: String?
        public var transcodes = false
        /// Announcements beyond so many streams at once are refused.
        public var maximumStreams = 64
        /// How many of them one address may have announced that have brought nothing yet: a quarter. Whoever announces what is not there
        /// leaves room for others.
        var maximumPendingPerSource: Int { max(1, maximumStreams / 4) }

        public init(source: StreamTemplate) { self.source = source }
    }

    /// What became of an announcement.
    public enum Outcome: Equatable, Sendable {
        case started(ChannelName)
        /// One publisher for each name: it was told that there is news.
        case running(ChannelName)
        case ignored
        case invalid(reason: String)
        /// Another stream has the channel.
        case taken(by: String)
        case full
    }

    private struct Running {
        let name: String
        /// Whose announcement it was.
        let source: String?
        let job: ChannelPublishing
        let stop: StopRequest
        let startedAt: ContinuousClock.Instant
        var task: Task<Void, Never>?
    }

    private let configuration: Configuration
    private let sourceOptions: SourceOptions
    private let relay: RelayOptions
    private let session: ToolSession
    private var streams: [ChannelName: Running] = [:]

    public init(_ configuration: Configuration, source: SourceOptions, relay: RelayOptions, session: ToolSession) {
        self.configuration = configuration
        sourceOptions = source
        self.relay = relay
        self.session = session
    }

    /// A stream is there, or will be soon.
    ///
    /// - Parameters:
    ///   - name: As the media server calls it. A channel's name has no slashes: `live/cam` becomes `live-cam`.
    ///   - source: The address of who says so.
    public func announce(_ name: String, from source: String? = nil) -> Outcome {
        if session.stop.isMade { return .full }
        if let suffix = configuration.ignoredSuffix, name.hasSuffix(suffix) { return .ignored }
        let channel: ChannelName
        do { channel = try Self.channel(for: name) } catch { return .invalid(reason: "\(error)") }
        if let running = streams[channel] {
            guard running.name == name else { return .taken(by: running.name) }
            running.job.monitor.setOver(false)
            return .running(channel)
        }
        let pending = streams.values.count { $0.source == source && $0.job.monitor.status.byteCount == 0 }
        if streams.count >= configuration.maximumStreams || pending >= configuration.maximumPendingPerSource {
            return .full
        }
        start(name, channel, from: source)
        return .started(channel)
    }

    /// A stream is to be published no longer.
    ///
    /// - Returns: false when it was not.
    public func end(_ name: String) async -> Bool {
        guard let channel = try? Self.channel(for: name), let running = streams[channel], running.name == name else {
            return false
        }
        running.stop.make()
        await running.task?.value
        return true
    }

    /// The media server says that a stream has ended: what it still gives is published, and then the channel is closed, without waiting
    /// for the stream to come back.
    ///
    /// - Returns: false when it is not published.
    public func finish(_ name: String) -> Bool {
        guard let channel = try? Self.channel(for: name), let running = streams[channel], running.name == name else {
            return false
        }
        running.job.monitor.setOver(true)
        // A server may keep its players waiting though it has nothing more to give.
        Task {
            try await Task.sleep(for: Self.graceAfterEnd)
            while running.job.monitor.isOver {
                let before = running.job.monitor.status.byteCount
                try await Task.sleep(for: Self.graceAfterEnd)
                guard running.job.monitor.isOver, running.job.monitor.status.byteCount == before else { continue }
                return running.stop.make()
            }
            return false
        }
        return true
    }

    /// How long a stream that has ended may give nothing before it is taken at its server's word.
    private static let graceAfterEnd = Duration.seconds(1)

    /// Ends all, and waits for that.
    public func endAll() async {
        for running in streams.values { running.stop.make() }
        for running in streams.values { await running.task?.value }
    }

    /// What runs, by name.
    public var statuses: [StreamStatus] {
        streams.map { channel, running in
            StreamStatus(
                name: running.name, channel: channel.text, state: running.job.monitor.status.phase.rawValue,
                seconds: Int((ContinuousClock.now - running.startedAt) / .seconds(1)),
                openings: running.job.monitor.status.openings, segments: running.job.monitor.status.segments,
                bytes: running.job.monitor.status.byteCount)
        }.sorted { $0.name < $1.name }
    }

    /// - Throws: where no channel can have the name, or it would lead elsewhere in the source's URL.
    static func channel(for name: String) throws -> ChannelName {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if parts.contains(where: { $0.isEmpty || $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }) {
            throw ToolFailure("the stream's name has a part that is empty, '.' or '..'")
        }
        // A server that decodes twice would see in them what is refused here.
        if name.utf8.contains(where: { "%?#\\".utf8.contains($0) })
            || name.unicodeScalars.contains(where: PrintableText.isHidden)
        {
            throw ToolFailure("the stream's name has one of %, ?, #, \\, or a control character")
        }
        let channel = try ChannelName(parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-"))
        if channel.isInternal { throw ToolFailure("the channel name begins with '_', which is for the relay's own") }
        return channel
    }

    private func start(_ name: String, _ channel: ChannelName, from source: String?) {
        let stop = StopRequest()
        let logger = session.logger(for: channel)
        let streamSession = session.with(stop: stop, logger: logger)
        let input = MediaInput(networkURL: configuration.source.url(for: name))
        var job = ChannelPublishing(
            sourceOptions.publishing(input), to: channel, relay: relay, session: streamSession)
        job.transcodes = configuration.transcodes
        job.reopening = .within(configuration.linger, start: configuration.patience)
        let running = Running(name: name, source: source, job: job, stop: stop, startedAt: .now)
        streams[channel] = running
        streams[channel]?.task = Task { [job] in
            // The tool's own end is each stream's.
            let registration = session.stop.whenMade { stop.make() }
            do {
                try await job.run(streamSession)
                logger.info("is published no longer")
            } catch {
                // For a source that is gone for good this is how it ends.
                logger.warning("is published no longer: \(ToolFailure(error).message)")
            }
            registration.cancel()
            ended(name, channel, job.monitor, source)
        }
    }

    private func ended(_ name: String, _ channel: ChannelName, _ monitor: PublishingMonitor, _ source: String?) {
        let isStopped = streams.removeValue(forKey: channel)?.stop.isMade ?? true
        // Announced again while its channel was being closed.
        if monitor.news.take(), !monitor.isOver, !isStopped, !session.stop.isMade { start(name, channel, from: source) }
    }
}

/// One line of what `GET /` lists.
public struct StreamStatus: Encodable, Equatable, Sendable {
    public let name: String
    public let channel: String
    /// `opening`, `publishing` or `waiting` for the source to come back.
    public let state: String
    /// Since it was announced.
    public let seconds: Int
    /// How often its source was opened.
    public let openings: Int
    public let segments: Int
    public let bytes: Int
}
