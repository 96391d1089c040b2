import CommandFrame
import TrickleCore
import TrickleRelay

/// The limits that SIGHUP changes while the relay runs.
struct RunningLimits: Sendable {
    private struct Limit: Sendable {
        let option: String
        /// Takes it over.
        ///
        /// - Returns: the new value; nil where it is the old one.
        let take: @Sendable (_ new: RelayLimits, _ limits: inout RelayLimits) -> String?
    }

    private static let connections = "max-connections-per-address"
    private static let limits = [
        limit("max-segment", \.segmentByteCount), limit("max-open-segments", \.openSegmentCount),
        limit("max-preconnected", \.preconnectedCount), limit("max-channels", \.channelCount),
        limit("max-subscribers", \.readerCount), limit("max-channel-subscribers", \.readerCountPerChannel),
        limit("memory", \.memoryByteCount), limit("drain", \.drainDuration), limit("linger", \.lingerDuration),
    ]
    /// The options that need no restart.
    static let options = Set(limits.map(\.option)).union([connections])

    let relay: RelayServer

    private static func limit<Value: Equatable & Sendable>(
        _ option: String, _ path: any WritableKeyPath<RelayLimits, Value> & Sendable
    ) -> Limit {
        Limit(option: option) { new, limits in
            if limits[keyPath: path] == new[keyPath: path] { return nil }
            limits[keyPath: path] = new[keyPath: path]
            return "\(new[keyPath: path])"
        }
    }

    /// Has the relay go by the limits of a configuration from now on.
    ///
    /// - Returns: what has changed, as `max-channels 5`.
    func take(_ configuration: RelayConfiguration) -> [String] {
        var limits = relay.limits
        var changes = Self.limits.compactMap { limit in
            limit.take(configuration.limits, &limits).map { "\(limit.option) \($0)" }
        }
        if !changes.isEmpty { relay.change(to: limits) }
        if relay.connectionsPerAddress != configuration.connectionsPerAddress {
            relay.connectionsPerAddress = configuration.connectionsPerAddress
            changes.append("\(Self.connections) \(configuration.connectionsPerAddress)")
        }
        return changes
    }
}
