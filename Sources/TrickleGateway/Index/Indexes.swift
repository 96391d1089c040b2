import NIOConcurrencyHelpers
import TrickleCore
import TrickleRelay

/// The indexes of the channels that somebody watches.
final class Indexes: Sendable {
    private let relay: RelayServer
    private let configuration: GatewayConfiguration
    private let indexes = NIOLockedValueBox<[ChannelName: ChannelIndex]>([:])

    init(_ relay: RelayServer, configuration: GatewayConfiguration = GatewayConfiguration()) {
        self.relay = relay
        self.configuration = configuration
    }

    /// The index of the channel, which reads it as long as somebody asks.
    ///
    /// - Returns: nil where there is no such channel.
    func index(of channel: ChannelName) -> ChannelIndex? {
        guard let window = relay.window(of: channel) else { return nil }
        return indexes.withLockedValue { indexes in
            if let index = indexes[channel], index.id == window.channel, index.touch() { return index }
            let index = ChannelIndex(relay, channel: channel, id: window.channel, configuration: configuration)
            indexes[channel] = index
            Task {
                await index.run()
                self.forget(index)
            }
            return index
        }
    }

    /// The channels that have an index, which is one of their readers.
    var channels: [ChannelName] { indexes.withLockedValue { Array($0.keys) } }

    private func forget(_ index: ChannelIndex) {
        indexes.withLockedValue { indexes in
            if indexes[index.channel] === index { indexes[index.channel] = nil }
        }
    }
}
