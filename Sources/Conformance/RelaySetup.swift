import Foundation

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

    /// All but ``openChannel`` wants ``token``; ``reader`` may read what begins with ``readable``.
    case wantsCredentials

    static let openChannel = "open"
    static let token = "conformance-writer-1"
    static let reader = "conformance-reader-1"
    static let readable = "readable-"
    static let channelCount = 4
    static let readerCount = 3
    static let memoryByteCount = 1 << 20
    static let windowCount = 2
    static let idleTimeout = Duration.seconds(3)

    /// The same as options of `trickle-server`.
    public var options: [String] {
        switch self {
        case .plain, .wantsCredentials: []
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

    /// What is in the file of `--config`; nil for none.
    var configuration: String? {
        guard case .wantsCredentials = self else { return nil }
        return """
            access:
              - {allow: all, to: {token: \(Self.token)}}
              - {allow: [read, list], channels: "\(Self.readable)*", to: {token: \(Self.reader)}}
              - {allow: read, channels: \(Self.openChannel), to: anybody}

            """
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
        var options = setup.options
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("conformance-\(UUID()).yaml")
        if let configuration = setup.configuration {
            try Data(configuration.utf8).write(to: file)
            options += ["--config", file.path]
        }
        let remove: @Sendable () -> Void = { try? FileManager.default.removeItem(at: file) }
        do {
            let relay = try await RelayProcess.start(options, address: "127.0.0.1:0", program: program)
            return RelayOnRequest(url: relay.url) {
                await relay.stop()
                remove()
            }
        } catch {
            remove()
            throw error
        }
    }
}
