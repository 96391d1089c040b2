import CommandFrame
import Endings
import Logging
import MediaChildren
import Publishing
import Subscribing
import TrickleCore
import TrickleKit

/// Sends a channel on to a media server until it ends: what `pubsub-out` does with each.
public struct ChannelPushing: Sendable {
    private let sink: StreamTemplate
    private let relay: RelayURL
    private let configuration: ClientConfiguration
    private let timeout: Duration
    private let patience: Duration

    /// - Parameters:
    ///   - sink: Where to, with the channel's name in it.
    ///   - patience: For how long an ffmpeg that fails is started again.
    /// - Throws: ``ToolFailure`` when nothing can be pushed there.
    public init(
        to sink: StreamTemplate, patience: Duration, relay: RelayOptions, session: ToolSession
    ) throws(ToolFailure) {
        guard sink.isURL, PushCommand.schemes.contains(sink.text.prefix { $0 != ":" }.lowercased()) else {
            throw ToolFailure(
                "'\(Credentials.hidden(in: sink.text))' cannot be pushed to: --sink looks like 'rtmp://localhost/{name}', rtsp://, srt://, udp:// or tcp://",
                exit: .usage)
        }
        self.sink = sink
        self.patience = patience
        self.relay = relay.url
        timeout = relay.timeout.duration
        configuration = relay.configuration(logger: session.logger)
    }

    /// Pushes the channel. Returns when it has ended, when ffmpeg has failed for too long, or soon after a stop was asked for.
    public func push(_ channel: ChannelName, _ session: ToolSession) async {
        let url = sink.url(for: channel.text)
        let start = ContinuousClock.now
        var restarts = RestartState(patience: patience, now: .zero)
        session.logger.info("pushes to \(Credentials.hidden(in: url))")
        while !session.stop.isMade {
            restarts.started(now: ContinuousClock.now - start)
            let began = ContinuousClock.now
            do {
                try await pushOnce(channel, to: url, session)
                return session.logger.info("is pushed no longer: it has ended")
            } catch let error as TrickleError {
                return session.logger.error("\(error.message)")
            } catch {
                if session.stop.isMade { return }
                // It worked for as long as it did not end, which is all that is known of a push.
                let now = ContinuousClock.now
                if now - began >= .seconds(10) { restarts.worked(now: now - start) }
                guard let wait = restarts.ended(now: now - start, jitter: .random(in: 0..<1)) else {
                    return session.logger.error("\(ToolFailure(error).message); gives up until the channel comes anew")
                }
                let seconds = DecimalText.fixed(wait / .seconds(1), digits: 1)
                session.logger.warning("\(ToolFailure(error).message); tries again in \(seconds) s")
                await Nudge().wait(atMost: wait, stop: session.stop)
            }
        }
    }

    private func pushOnce(_ channel: ChannelName, to url: String, _ session: ToolSession) async throws {
        var reading = ChannelReading(relay: relay, channel: channel, configuration: configuration)
        reading.start = .current
        let sink = PushSink(url: url, timeout: timeout, logger: session.logger)
        do {
            try await reading.run(into: sink, session: session)
        } catch {
            try? await sink.finish(isStopped: true)
            throw error
        }
        try await sink.finish(isStopped: session.stop.isMade)
    }
}
