import Publishing
import Synchronization
import TrickleCore
import TrickleRelay

/// Streams that come in parts, between one part and the next. One whose next part does not come in time ends, and so does its channel.
final class PausedStreams: Sendable {
    struct Paused: Sendable {
        let stream: SourceStream
        let publisher: LocalPublisher
        /// Whose the stream is.
        let client: ClientAddress
    }

    private struct State {
        var entries: [ChannelName: (paused: Paused, number: Int)] = [:]
        /// How often one was kept.
        var count = 0
    }

    private let duration: Duration
    private let state = Mutex(State())

    /// - Parameter duration: For how long the next part is waited for.
    init(for duration: Duration) { self.duration = duration }

    func keep(_ paused: Paused) {
        let channel = paused.publisher.channel
        let number = state.withLock { state in
            state.count += 1
            state.entries[channel] = (paused, state.count)
            return state.count
        }
        Task {
            try await Task.sleep(for: duration)
            guard let late = remove(channel, where: { $0.number == number }) else { return }
            var stream = late.stream
            try? await stream.finish()
            late.publisher.close()
        }
    }

    /// The stream that the client's next part goes on with; nil where there is none, or the channel is no longer its.
    func take(_ channel: ChannelName, by client: ClientAddress) -> Paused? {
        guard let paused = remove(channel, where: { $0.paused.client == client }),
            (try? paused.publisher.check()) != nil
        else { return nil }
        return paused
    }

    private func remove(_ channel: ChannelName, where isMeant: ((paused: Paused, number: Int)) -> Bool) -> Paused? {
        state.withLock { state in
            guard let entry = state.entries[channel], isMeant(entry) else { return nil }
            state.entries[channel] = nil
            return entry.paused
        }
    }
}
