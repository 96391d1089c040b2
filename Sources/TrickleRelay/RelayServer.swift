import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import TrickleCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A trickle relay that listens on a socket.
///
///     let relay = try await RelayServer.start(configuration: RelayConfiguration(), logger: logger)
///     print(relay.port)
///     await relay.shutDown()
public final class RelayServer: Sendable {
    public let configuration: RelayConfiguration
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let lanes: [RelayLane]
    private let store: SharedStore
    private let sweeper: RepeatedTask

    /// Listens; requests are answered from when this returns.
    ///
    /// - Throws: ``RelayStartError`` when the address cannot be had.
    public static func start(
        configuration: RelayConfiguration = RelayConfiguration(), logger: Logger
    ) async throws -> RelayServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threadCount)
        let store = SharedStore(limits: configuration.limits)
        let incarnation = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let lanes = group.makeIterator().enumerated().map { index, eventLoop in
            RelayLane(
                index: index, eventLoop: eventLoop, store: store, configuration: configuration,
                incarnation: incarnation, logger: logger)
        }
        store.setLanes(lanes)
        do {
            let listener = try await listen(configuration, group, lanes)
            let sweeper = lanes[0].eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
                store.perform(on: lanes[0]) { store, now in store.sweep(now: now) }
            }
            return RelayServer(configuration, group, listener, lanes, store, sweeper)
        } catch {
            try? await group.shutdownGracefully()
            throw RelayStartError(configuration, error)
        }
    }

    private init(
        _ configuration: RelayConfiguration, _ group: MultiThreadedEventLoopGroup, _ listener: any Channel,
        _ lanes: [RelayLane], _ store: SharedStore, _ sweeper: RepeatedTask
    ) {
        self.configuration = configuration
        self.group = group
        self.listener = listener
        self.lanes = lanes
        self.store = store
        self.sweeper = sweeper
    }

    /// The port that it listens on.
    public var port: Int { listener.localAddress?.port ?? configuration.port }

    /// The URL under which it is reached from this machine.
    public var url: String {
        let host = configuration.host ?? "localhost"
        return "http://\(host.contains(":") ? "[\(host)]" : host):\(port)\(configuration.basePath)"
    }

    /// Goes down in good order: whoever waits is told to come again, open segments end as aborted by the relay, and
    /// answers under way are finished, for at most ``RelayConfiguration/shutdownTimeout``.
    public func shutDown() async {
        try? await listener.close()
        sweeper.cancel()
        for lane in lanes { try? await lane.eventLoop.submit { lane.isDraining = true }.get() }
        store.perform(on: nil) { store, now in store.drain(now: now) }
        for lane in lanes { try? await lane.eventLoop.submit { lane.drainConnections() }.get() }
        let deadline = ContinuousClock.now + configuration.shutdownTimeout
        for lane in lanes {
            let hasEnded = lane.eventLoop.makePromise(of: Void.self)
            lane.eventLoop.execute { lane.whenNobodyIsConnected(hasEnded) }
            let timer = lane.eventLoop.scheduleTask(in: TimeAmount(deadline - .now)) { lane.closeConnections() }
            try? await hasEnded.futureResult.get()
            timer.cancel()
        }
        try? await group.shutdownGracefully()
    }

    // MARK: Sockets

    private static func listen(
        _ configuration: RelayConfiguration, _ group: MultiThreadedEventLoopGroup, _ lanes: [RelayLane]
    ) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let lane = lanes.first { $0.eventLoop === channel.eventLoop }!
                    try configureConnection(channel, lane)
                }
            }
        if let host = configuration.host {
            return try await bootstrap.bind(host: host, port: configuration.port).get()
        }
        // All interfaces: the IPv6 socket takes IPv4 too, where the machine has IPv6.
        do {
            return try await bootstrap.bind(host: "::", port: configuration.port).get()
        } catch let error as IOError where error.errnoCode == EAFNOSUPPORT {
            return try await bootstrap.bind(host: "0.0.0.0", port: configuration.port).get()
        }
    }

    private static func configureConnection(_ channel: any Channel, _ lane: RelayLane) throws {
        let options = channel.syncOptions!
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: 15)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: 15)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 3)
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 << 10
        limits.maxHeaderListSize = 32 << 10
        limits.maxHeaderFieldCount = 100
        let decoder = HTTPRequestDecoder(
            leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: limits)
        try channel.pipeline.syncOperations.addHandlers(
            ByteToMessageHandler(decoder), RelayConnection(lane: lane))
    }
}
