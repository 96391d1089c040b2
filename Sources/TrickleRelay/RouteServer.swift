import Logging
import TrickleCore

/// An HTTP server without channels: it answers the routes that it is given, and is the relay's own server in all else.
public struct RouteServer: Sendable {
    /// How much it takes.
    public struct Limits: Sendable {
        /// Connections at once, in all and from one address.
        public var connectionCount = 256
        public var connectionsPerAddress = 256
        /// Bytes of a request's head.
        public var headByteCount = 32 << 10
        /// How long a client may be silent, may take for a head, and for a body.
        public var requestTimeout = Duration.seconds(60)

        public init() {}
    }

    private let server: RelayServer

    /// Threads that one takes: to accept, and to answer.
    public static let threadCount = 2

    /// - Parameters:
    ///   - host: a name or an address; nil for all interfaces.
    ///   - port: 0 takes a free one.
    ///   - option: what chooses another address, for the error.
    ///   - access: who may ask for what; nil lets everybody ask for everything.
    /// - Throws: ``RelayStartError`` when the address cannot be had.
    public static func start(
        host: String?, port: Int, option: String, limits: Limits = Limits(), access: (any AccessPolicy)? = nil,
        logger: Logger, routes: [RampRoute]
    ) throws(RelayStartError) -> RouteServer {
        var configuration = RelayConfiguration()
        configuration.host = host
        configuration.port = port
        configuration.addressOption = option
        configuration.servesChannels = false
        configuration.access = access
        configuration.connectionCount = limits.connectionCount
        configuration.connectionsPerAddress = limits.connectionsPerAddress
        configuration.maximumHeadByteCount = limits.headByteCount
        configuration.headTimeout = limits.requestTimeout
        configuration.keepAliveTimeout = limits.requestTimeout
        configuration.limits.idleTimeout = limits.requestTimeout
        configuration.shutdownTimeout = .seconds(1)
        let server = try RelayServer.start(configuration: configuration, logger: logger) { _ in
            OnlyRoutes(routes: routes)
        }
        return RouteServer(server: server)
    }

    public var port: Int { server.port }

    public func stop() async { await server.shutDown() }
}

private struct OnlyRoutes: RelayRamps {
    let routes: [RampRoute]
}
