import CommandFrame
import Logging
import TrickleKit

/// Posts pictures to a relay, in their order, and waits for it where it is away.
actor PictureSender {
    /// So many pictures may be under way where they share a connection, so that the way to a distant relay is no limit to their rate: each
    /// begins when all of the one before has left. On connections of their own, without HTTP/2, they would overtake each other.
    private static let maximumUnderWay = 3

    private let relay: RelayURL
    private let channel: ChannelName
    private let contentType: String
    private let configuration: ClientConfiguration
    private let session: ToolSession
    private var underWay: [(request: IngestRequest, picture: [UInt8])] = []
    private var isMultiplexed = false
    private var backoff = Backoff()
    /// Whether connections that are there may be dead.
    private var hasFailed = false
    private var absence: RelayAbsence
    private var meter = TransferMeter(now: .now)

    init(
        to channel: ChannelName, at relay: RelayURL, contentType: String, configuration: ClientConfiguration,
        session: ToolSession
    ) {
        self.relay = relay
        self.channel = channel
        self.contentType = contentType
        self.configuration = configuration
        self.session = session
        absence = RelayAbsence(of: relay)
    }

    /// What the relay has taken; nil where that is nothing.
    var summary: String? { meter.segments > 0 ? meter.summary(now: .now) : nil }

    /// Sends what comes into a mailbox, until it is closed and empty. A relay that is away is waited for; after the last picture, for as long as
    /// the configuration's patience.
    ///
    /// - Throws: `TrickleError` where the relay does not want the pictures, or stays away; `CancellationError`.
    func send(from mailbox: PictureMailbox) async throws {
        defer { cancelAll() }
        while true {
            do {
                guard let picture = try await mailbox.next() else {
                    guard !underWay.isEmpty else { return }
                    try await settle()
                    continue
                }
                start(picture)
                try await underWay.last?.request.hasLeft()
                while underWay.count >= (isMultiplexed ? Self.maximumUnderWay : 1) { try await settle() }
            } catch let error as TrickleError where Self.isPassing(error) {
                mailbox.putBack(underWay.map(\.picture))
                cancelAll()
                if let closedAt = mailbox.closedAt, .now - closedAt >= configuration.patience { throw error }
                // One that has answered is not dead. Of several at once, each would have a new connection of its own.
                (hasFailed, isMultiplexed) = (error.code != .relayBusy, false)
                if let news = absence.failed(error) { session.logger.warning("\(news)") }
                try await Task.sleep(for: backoff.next(jitter: .random(in: 0..<1)))
            }
        }
    }

    private func start(_ picture: [UInt8]) {
        let request = IngestRequest(
            picture, contentType: contentType, to: channel, at: relay, configuration: configuration,
            onNewConnection: hasFailed)
        request.start()
        underWay.append((request, picture))
    }

    /// Waits for the answer to the first that is under way.
    private func settle() async throws {
        let (request, picture) = underWay[0]
        let answer = try await request.answer()
        underWay.removeFirst()
        isMultiplexed = answer.isMultiplexed
        hasFailed = false
        backoff.reset()
        if let news = absence.answered() { session.logger.notice("\(news)") }
        meter.beginSegment()
        meter.add(byteCount: picture.count, now: .now)
        if session.showsProgress, meter.isDrawingDue(now: .now) {
            let name = answer.sequence.map { "\($0)" } ?? "live"
            session.console.show(progress: meter.progress(sequence: name, now: .now))
        }
    }

    private func cancelAll() {
        for (request, _) in underWay { request.cancel() }
        underWay = []
    }

    /// Whether another attempt may succeed.
    private static func isPassing(_ error: TrickleError) -> Bool {
        [.relayUnreachable, .connectionLost, .relayBusy].contains(error.code)
    }
}
