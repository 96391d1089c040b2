import Logging
import NIOCore

/// A relay in the server of another program: below a path, on the connections that this program accepts.
///
///     configuration.basePath = BasePath("/trickle")
///     let relay = try RelayServer.mount(on: group, configuration: configuration, logger: logger)
///     ServerBootstrap(group: group).childChannelInitializer { connection in
///         connection.eventLoop.makeCompletedFuture {
///             try relay.serve(connection) { try $0.pipeline.syncOperations.addHandler(HelloHandler()) }
///         }
///     }
extension RelayServer {
    /// Makes a relay that does not listen. Its host and port are only what it says of itself.
    ///
    /// - Parameters:
    ///   - group: whose event loops the connections are on. The relay does not end it; shut the relay down before it ends.
    ///   - ramps: as with ``start(configuration:logger:ramps:)``.
    /// - Throws: ``RelayMountError/tooManyEventLoops(_:)``.
    public static func mount(
        on group: any EventLoopGroup, configuration: RelayConfiguration = RelayConfiguration(), logger: Logger,
        ramps: ((RelayServer) -> any RelayRamps)? = nil
    ) throws(RelayMountError) -> RelayServer {
        let eventLoops = Array(group.makeIterator())
        guard eventLoops.count <= RelayConfiguration.maximumThreadCount else {
            throw .tooManyEventLoops(eventLoops.count)
        }
        return RelayServer(on: eventLoops, configuration: configuration, logger: logger, ramps: ramps)
    }

    /// Answers a connection's requests below ``RelayConfiguration/basePath``, and has the host's handlers answer all others.
    ///
    /// To be called on the connection's event loop, before anything is read: in a `childChannelInitializer`, say, and behind the handler of
    /// TLS if there is one.
    ///
    /// - Parameter host: adds handlers that take `HTTPServerRequestPart` and write `HTTPServerResponsePart`. It is called at the first
    ///   request that is the host's: many connections never have one. One request follows the other, each when the one before it is answered.
    /// - Throws: ``RelayMountError``; the connection is to be closed then.
    public func serve(
        _ connection: any Channel, elsewhere host: @escaping (any Channel) throws -> Void
    ) throws {
        guard let lane = lanes.first(where: { $0.eventLoop === connection.eventLoop }) else {
            throw RelayMountError.otherEventLoop
        }
        guard !lane.isDraining else { throw RelayMountError.goingDown }
        guard let seat = census.seat(for: ClientAddress(connection.remoteAddress)) else {
            throw RelayMountError.tooManyConnections
        }
        // Not every transport knows these options.
        try? Self.configureTCP(connection)
        if seat.isProxy { try connection.pipeline.syncOperations.addHandler(ProxyHeaderHandler()) }
        try Self.configure(connection, HTTP1Connection(lane: lane, descriptor: nil, seat: seat, host: host))
    }
}

extension ClientAddress {
    /// Of a family without IP addresses, and of a connection that has gone, it is unknown.
    fileprivate init(_ address: SocketAddress?) {
        switch address {
        case .v4(let address): self.init(address.address.sin_addr)
        case .v6(let address): self.init(address.address.sin6_addr)
        case .unixDomainSocket, nil: self = .unknown
        }
    }
}
