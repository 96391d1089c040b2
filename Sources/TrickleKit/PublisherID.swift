import Synchronization
import TrickleCore

/// Who a publisher is to its relay: 128 random bits.
///
/// While one publishes a channel, a relay that announces `resume` refuses others. Publishers with the same identity are one to it: each
/// goes on where the one before has ended.
public struct PublisherID: Hashable, Sendable {
    let text: String
    private let begun = BegunChannels()

    public init() {
        text =
            String(UInt64.random(in: 0...(.max)), radix: 16) + String(UInt64.random(in: 0...(.max)), radix: 16)
    }

    /// Whether the channel had no segment when one of this identity came to it: only then is it this one's to close, where the relay does
    /// not know whose it is.
    func hasBegun(_ channel: ChannelName) -> Bool { begun.names.withLock { $0.contains(channel) } }

    func begins(_ channel: ChannelName) { begun.names.withLock { _ = $0.insert(channel) } }

    /// The channel that this one began is no longer there.
    func loses(_ channel: ChannelName) { begun.names.withLock { _ = $0.remove(channel) } }

    public static func == (one: Self, other: Self) -> Bool { one.text == other.text }

    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// Which channels the publishers of one identity have begun.
private final class BegunChannels: Sendable {
    let names = Mutex<Set<ChannelName>>([])
}
