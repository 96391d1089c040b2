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

    private struct Entry {
        let paused: Paused
        let timer: Task<Void, Never>
    }

    private let duration: Duration
    private let entries = Mutex<[ChannelName: Entry]>([:])

    /// - Parameter duration: For how long the next part is waited for.
    init(for duration: Duration) { self.duration = duration }

    func keep(_ paused: Paused) {
        let channel = paused.publisher.channel
        entries.withLock { entries in
            let timer = Task { [self] in
                do { try await Task.sleep(for: duration) } catch { return }
                guard let late = remove(channel) else { return }
                var stream = late.stream
                try? await stream.finish()
                late.publisher.close()
            }
            entries[channel] = Entry(paused: paused, timer: timer)
        }
    }

    /// The stream that the client's next part goes on with; nil where there is none, or the channel is no longer its.
    func take(_ channel: ChannelName, by client: ClientAddress) -> Paused? {
        let isOwn = entries.withLock { $0[channel]?.paused.client == client }
        guard isOwn, let paused = remove(channel), (try? paused.publisher.check()) != nil else { return nil }
        return paused
    }

    private func remove(_ channel: ChannelName) -> Paused? {
        let entry = entries.withLock { $0.removeValue(forKey: channel) }
        entry?.timer.cancel()
        return entry?.paused
    }
}
