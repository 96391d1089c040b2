import Endings
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
        /// Made when a part breaks off: then nothing is held back any more.
        let stop: StopRequest
    }

    private struct State {
        var entries: [ChannelName: (paused: Paused, number: Int)] = [:]
        /// How often one was kept.
        var count = 0
    }

    private let duration: Duration
    private let maximumCount: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - duration: For how long the next part is waited for.
    ///   - maximumCount: As many are kept; one more ends at once.
    init(for duration: Duration, atMost maximumCount: Int) {
        self.duration = duration
        self.maximumCount = maximumCount
    }

    func keep(_ paused: Paused) async {
        let channel = paused.publisher.channel
        let number: Int? = state.withLock { state in
            guard state.entries.count < maximumCount else { return nil }
            state.count += 1
            state.entries[channel] = (paused, state.count)
            return state.count
        }
        guard let number else { return await Self.end(paused) }
        Task {
            try await Task.sleep(for: duration)
            if let late = remove(channel, where: { $0.number == number }) { await Self.end(late) }
        }
    }

    private static func end(_ paused: Paused) async {
        var stream = paused.stream
        // What is left of it is all that can be lost.
        try? await stream.finish()
        paused.publisher.close()
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
