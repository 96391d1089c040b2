/// What a relay is told so that a rule can be looked at which the relay under test does not show, or would suffer from.
public enum RelaySetup: Sendable {
    /// Nothing.
    case plain
    case createsNoChannels
    case hasNoChangefeed
    /// ``channelCount`` of them.
    case takesFewChannels
    /// ``readerCount`` of them, in all.
    case takesFewReaders
    /// ``memoryByteCount``.
    case hasLittleMemory
    /// ``windowCount`` segments, however young.
    case keepsLittle
    /// No time for connections on which something is due: 2 s at most.
    case isInAHurry
    /// ``idleTimeout``.
    case isSoonIdle

    static let channelCount = 4
    static let readerCount = 3
    static let memoryByteCount = 1 << 20
    static let windowCount = 2
    static let idleTimeout = Duration.seconds(3)

    /// The same as options of `trickle-server`.
    public var options: [String] {
        switch self {
        case .plain: []
        case .createsNoChannels: ["--no-autocreate"]
        case .hasNoChangefeed: ["--no-changefeed"]
        case .takesFewChannels: ["--max-channels", "\(Self.channelCount)"]
        case .takesFewReaders: ["--max-subscribers", "\(Self.readerCount)"]
        case .hasLittleMemory: ["--memory", "\(Self.memoryByteCount)"]
        case .keepsLittle: ["--window", "\(Self.windowCount)", "--window-seconds", "0"]
        case .isInAHurry: ["--head-timeout", "1s", "--keep-alive", "1s", "--reader-timeout", "2s"]
        case .isSoonIdle: ["--idle-timeout", "\(Self.idleTimeout.components.seconds)s"]
        }
    }
}

/// A relay that was started for one case.
public struct RelayOnRequest: Sendable {
    public let url: String
    public let end: @Sendable () async -> Void

    /// - Parameter end: tells it to end, and waits until it has.
    public init(url: String, end: @escaping @Sendable () async -> Void) {
        self.url = url
        self.end = end
    }

    /// A `trickle-server` of its own.
    ///
    /// - Parameter program: its path.
    /// - Throws: `RelayProcessFailure`, or `SystemError` when there is no such program.
    public static func process(_ setup: RelaySetup, program: String) async throws -> RelayOnRequest {
        let relay = try await RelayProcess.start(setup.options, address: "127.0.0.1:0", program: program)
        return RelayOnRequest(url: relay.url) { await relay.stop() }
    }
}
