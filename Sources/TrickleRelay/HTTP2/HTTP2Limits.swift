import NIOCore
import NIOHTTP2

/// What an HTTP/2 connection may take up (RFC 9113, section 10.5).
enum HTTP2Limits {
    /// Requests that are under way on a connection at a time.
    static let streamCount = 100
    /// Bytes of a request's body that wait where whoever answers has enough for now.
    static let streamWindow = 256 << 10
    /// Bytes of a body that are on their way where they are taken as they come: 500 Mbit/s over 100 ms.
    static let publishingWindow = 8 << 20
    /// How much of a body has been taken before it gets that window.
    static let publishingStep = 64 << 10
    /// The window of all bodies together. It is opened when half of it is used.
    private static let connectionWindow = 16 << 20
    /// Streams that a client may end before their time, in half a minute.
    static let resetCount = 200
    /// The same of a proxy's connection, which many clients leave.
    private static let resetCountOfProxy = 20_000
    private static let resetWindow = TimeAmount.seconds(30)

    /// A connection's settings.
    ///
    /// - Parameter isProxy: whether it may be many clients'.
    static func settings(_ configuration: RelayConfiguration, isProxy: Bool) -> NIOHTTP2Handler.Configuration {
        var settings = NIOHTTP2Handler.Configuration()
        settings.connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: streamCount),
            HTTP2Setting(parameter: .maxHeaderListSize, value: configuration.maximumHeadByteCount),
            HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
        ]
        // The handler sees no bodies that are sent: `HTTP2Wire` has them. `HTTP2BodyLength` looks after those that come.
        settings.connection.contentLengthValidation = .disabled
        settings.connection.targetWindowSize = connectionWindow
        settings.stream.targetWindowSize = streamWindow
        settings.stream.streamResetFrameRateLimit.maximumCount = isProxy ? resetCountOfProxy : resetCount
        settings.stream.streamResetFrameRateLimit.windowLength = resetWindow
        return settings
    }
}
