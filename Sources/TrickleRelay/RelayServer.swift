import Logging
import NIOConcurrencyHelpers
import NIOCore
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
///     let relay = try RelayServer.start(configuration: RelayConfiguration(), logger: logger)
///     print(relay.port)
///     await relay.shutDown()
public final class RelayServer: Sendable {
    public let configuration: RelayConfiguration
    /// What ends with the relay; nil where the event loops are somebody else's.
    private let group: MultiThreadedEventLoopGroup?
    /// nil where nobody connects in the clear, or connections come from somebody else.
    private let acceptor: Acceptor?
    /// nil where nobody connects with TLS.
    private let secureAcceptor: Acceptor?
    let lanes: [RelayLane]
    /// This run of the relay.
    var incarnation: String { lanes[0].incarnation }
    private let lastLane = NIOLockedValueBox(0)
    let store: SharedStore
    private let sweeper: RepeatedTask
    let census: ConnectionCensus
    /// Connections that could not be accepted, or not be set up.
    let setupFailures: RateLimitedLog
    /// Connections that were closed because others had no descriptor.
    let shortages: RateLimitedLog
    private let metricsServer = NIOLockedValueBox<RouteServer?>(nil)
    /// They hold the relay: let go of when it goes down.
    private let ramps = NIOLockedValueBox<(any RelayRamps)?>(nil)
    /// The going down, once it has begun.
    private let end = NIOLockedValueBox<Task<Void, Never>?>(nil)

    /// Listens; requests are answered from when this returns.
    ///
    /// - Parameter ramps: makes what answers where the protocol has no meaning, and reads the relay for that.
    /// - Throws: ``RelayStartError`` when the address cannot be had.
    public static func start(
        configuration: RelayConfiguration = RelayConfiguration(), logger: Logger,
        ramps: ((RelayServer) -> any RelayRamps)? = nil
    ) throws(RelayStartError) -> RelayServer {
        let failures = RateLimitedLog(logger, level: .error)
        func acceptor(_ host: String?, _ port: Int, option: String) throws(RelayStartError) -> Acceptor {
            do throws(SocketError) {
                return try Acceptor(try ListeningSockets(host: host, port: port), failures: failures, logger: logger)
            } catch {
                throw RelayStartError(host: host, port: port, option: option, error)
            }
        }
        let plain =
            try configuration.listensInTheClear
            ? acceptor(configuration.host, configuration.port, option: configuration.addressOption) : nil
        let secure = try configuration.secure.map { (listener) throws(RelayStartError) in
            try acceptor(listener.host, listener.port, option: "--tls-addr")
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threadCount)
        let relay = RelayServer(
            on: Array(group.makeIterator()), of: group, plain, secure, failures, configuration: configuration,
            logger: logger, ramps: ramps)
        plain?.start(makeRoom: relay.makeRoom) { descriptor, peer in relay.connect(descriptor, from: peer) }
        secure?.start(makeRoom: relay.makeRoom) { descriptor, peer in relay.connectSecurely(descriptor, from: peer) }
        return relay
    }

    /// - Parameters:
    ///   - group: what ends with the relay; nil where the event loops are somebody else's.
    ///   - acceptor: nil where nobody connects in the clear, or connections come from somebody else.
    ///   - secureAcceptor: nil where nobody connects with TLS.
    init(
        on eventLoops: [any EventLoop], of group: MultiThreadedEventLoopGroup? = nil, _ acceptor: Acceptor? = nil,
        _ secureAcceptor: Acceptor? = nil, _ setupFailures: RateLimitedLog? = nil, configuration: RelayConfiguration,
        logger: Logger,
        ramps: ((RelayServer) -> any RelayRamps)?
    ) {
        self.configuration = configuration
        self.group = group
        self.acceptor = acceptor
        self.secureAcceptor = secureAcceptor
        self.setupFailures = setupFailures ?? RateLimitedLog(logger, level: .error)
        shortages = RateLimitedLog(logger, level: .warning)
        let store = SharedStore(limits: configuration.limits)
        let incarnation = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let lanes = eventLoops.enumerated().map { index, eventLoop in
            RelayLane(
                index: index, eventLoop: eventLoop, store: store, configuration: configuration,
                incarnation: incarnation, logger: logger)
        }
        store.setLanes(lanes)
        for lane in lanes { lane.eventLoop.execute { Doorbell.hang(on: lane.turns) } }
        sweeper = lanes[0].eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            lanes[0].sweep()
        }
        census = ConnectionCensus(
            maximum: configuration.connectionCount, maximumPerAddress: configuration.connectionsPerAddress,
            proxies: configuration.proxies, logger: logger)
        self.lanes = lanes
        self.store = store
        let answering = ramps?(self)
        self.ramps.withLockedValue { $0 = answering }
        let routes = RouteTable(
            basePath: configuration.basePath, ramps: answering?.routes ?? [], hasProtocol: configuration.servesChannels)
        for lane in lanes {
            lane.routes = routes
            lane.isOnLoopback = !acceptors.isEmpty && openPort == nil
            lane.start()
        }
    }

    /// Each lane in turn.
    func anyLane() -> RelayLane {
        lanes[
            lastLane.withLockedValue { last in
                last = (last + 1) % lanes.count
                return last
            }]
    }

    /// The port that it listens on; for a mounted relay, which does not, that of its configuration.
    public var port: Int { acceptor?.port ?? secureAcceptor?.port ?? configuration.port }

    /// The port that it listens on for TLS; nil for none.
    public var securePort: Int? { secureAcceptor?.port }

    /// A port at which others than this machine reach it; nil where there is none.
    public var openPort: Int? { acceptors.first { !$0.isOnLoopback }?.port }

    private var acceptors: [Acceptor] { [acceptor, secureAcceptor].compactMap { $0 } }

    /// The URL under which it is reached from this machine.
    public var url: String { urls[0] }

    /// All of them: without TLS, and with it.
    public var urls: [String] {
        var urls: [String] = []
        // A mounted relay listens nowhere, and is asked about its configuration.
        if acceptor != nil || secureAcceptor == nil { urls.append(url("http", configuration.host, port)) }
        if let secureAcceptor { urls.append(url("https", configuration.secure?.host, secureAcceptor.port)) }
        return urls
    }

    private func url(_ scheme: String, _ host: String?, _ port: Int) -> String {
        let host = host ?? "localhost"
        return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)\(configuration.basePath)"
    }

    /// Whether more clients should be sent here.
    enum Readiness {
        case ready
        /// Whoever is here is served; more should go elsewhere.
        case full
        /// The relay goes down.
        case draining
    }

    var readiness: Readiness {
        if store.perform(on: nil, { store, _ in store.isDraining }) { return .draining }
        return ramps.withLockedValue { $0?.isFull ?? false } ? .full : .ready
    }

    /// How the relay does, in Prometheus' text format.
    public func metrics() async -> String {
        let counts = await laneCounts(isScrape: true)
        let report = store.perform(on: nil) { store, _ in store.report }
        let ramps = ramps.withLockedValue { $0 }
        return MetricsPage(
            counts, report, store.channelReports(), census.report, setupFailureCount: setupFailures.count,
            viewerCount: ramps?.viewerCount ?? 0, rampMetrics: ramps?.metrics ?? []
        ).text
    }

    /// How the clients' channels do, by name.
    public func channelActivities() async -> [ChannelActivity] {
        let counts = await laneCounts(isScrape: false)
        return store.channelReports().map { report in
            let delivery = counts.channels[report.id]
            return ChannelActivity(report: report, bytesOut: delivery?.bytesOut ?? 0, lag: delivery?.lag ?? 0)
        }
    }

    private func laneCounts(isScrape: Bool) async -> LaneCounts {
        var counts = LaneCounts()
        guard store.localCalls.begin() else { return counts }
        defer { store.localCalls.ended() }
        for lane in lanes {
            let report = try? await lane.eventLoop.submit({ lane.report(isScrape: isScrape) }).get()
            if let report { counts.add(report) }
        }
        return counts
    }

    /// Answers `/metrics`, `/healthz` and `/readyz` at an address of its own, until the relay goes down.
    ///
    /// - Parameter isProtected: whether ``RelayConfiguration/access`` says who may read the metrics; otherwise everybody may.
    /// - Throws: ``RelayStartError`` when the address cannot be had.
    /// - Returns: the port.
    @discardableResult
    public func serveMetrics(
        host: String, port: Int, isProtected: Bool = false
    ) async throws(RelayStartError) -> Int {
        let server = try startMetricsServer(host: host, port: port, access: isProtected ? configuration.access : nil)
        metricsServer.withLockedValue { $0 = server }
        return server.port
    }

    /// Goes down in good order: whoever waits is told to come again, open segments end as aborted by the relay, and
    /// answers under way are finished, for at most ``RelayConfiguration/shutdownTimeout``.
    ///
    /// It may be called again: each call returns when the relay is down.
    public func shutDown() async {
        let end = end.withLockedValue { end in
            if let end { return end }
            let begun = Task { await goDown() }
            end = begun
            return begun
        }
        await end.value
    }

    private func goDown() async {
        await acceptor?.stop()
        await secureAcceptor?.stop()
        sweeper.cancel()
        for lane in lanes { try? await lane.eventLoop.submit { lane.goDown() }.get() }
        ramps.withLockedValue { $0 = nil }
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
        await metricsServer.withLockedValue { $0.take() }?.stop()
        await store.localCalls.close()
        if let group {
            try? await group.shutdownGracefully()
        } else {
            for lane in lanes { try? await lane.eventLoop.submit { lane.leaveEventLoop() }.get() }
        }
    }

    // MARK: Sockets

    /// Takes over a connection that was accepted.
    func connect(_ descriptor: Int32, from peer: ClientAddress) {
        guard let seat = census.seat(for: peer) else {
            return Acceptor.turnAway(descriptor, with: lanes[0].commonFields)
        }
        let lane = anyLane()
        // Whoever connects as fast as it can has to leave time for those who are there.
        lane.eventLoop.execute { [self] in
            let socket = AcceptedSocket(descriptor)
            lane.turns.admit {
                self.connect(socket, on: lane) { channel, descriptor in
                    if seat.isProxy { try channel.pipeline.syncOperations.addHandler(ProxyHeaderHandler()) }
                    try Self.configure(channel, HTTP1Connection(lane: lane, descriptor: descriptor, seat: seat))
                }
            }
        }
    }

    /// Takes over a connection that was accepted for TLS.
    func connectSecurely(_ descriptor: Int32, from peer: ClientAddress) {
        // Nothing can be said before the handshake.
        guard let seat = census.seat(for: peer), let listener = configuration.secure else {
            _ = AcceptedSocket(descriptor)
            return
        }
        let lane = anyLane()
        lane.eventLoop.execute { [self] in
            let socket = AcceptedSocket(descriptor)
            lane.turns.admit {
                self.connect(socket, on: lane) { channel, descriptor in
                    try channel.pipeline.syncOperations.addHandler(SecureSending(descriptor: descriptor))
                    if seat.isProxy { try channel.pipeline.syncOperations.addHandler(ProxyHeaderHandler()) }
                    let handshakeTurns = HandshakeTurns(turns: lane.turns)
                    try channel.pipeline.syncOperations.addHandlers(
                        handshakeTurns, listener.makeHandler(), RecordGathering(),
                        SecureStart(lane: lane, seat: seat, handshakeTurns: handshakeTurns))
                }
            }
        }
    }

    /// - Parameter configure: Puts the handlers into the connection's pipeline.
    private func connect(
        _ socket: AcceptedSocket, on lane: RelayLane,
        _ configure: @escaping (any Channel, _ descriptor: Int32) throws -> Void
    ) {
        let descriptor = socket.take()
        let configure = NIOLoopBound(configure, eventLoop: lane.eventLoop)
        let bootstrap = ClientBootstrap(group: lane.eventLoop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try Self.configureTCP(channel)
                try configure.value(channel, descriptor)
            }
        }
        bootstrap.withConnectedSocket(descriptor).whenFailure { [setupFailures] error in
            setupFailures.happened { "a connection could not be set up, and was closed: \(error)" }
        }
    }

    static func configureTCP(_ channel: any Channel) throws {
        let options = channel.syncOptions!
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: 15)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: 15)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 3)
    }

    static func configure(_ channel: any Channel, _ connection: HTTP1Connection) throws {
        let options = channel.syncOptions!
        // Most connections read requests only; a publisher's buffer grows with what it sends.
        try options.setOption(
            .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 32 << 10))
        try options.setOption(.maxMessagesPerRead, value: 1)
        // The end of what a client sends is told of, so that what came before it can be taken.
        try options.setOption(.allowRemoteHalfClosure, value: true)
        try options.setOption(.writeBufferWaterMark, value: HTTP1Connection.waterMark)
        let configuration = connection.lane.configuration
        connection.gate = try RequestDecoding.addHandlers(
            to: channel.pipeline.syncOperations, turns: connection.lane.turns,
            maximumByteCount: configuration.maximumHeadByteCount,
            maximumFieldCount: configuration.maximumHeadFieldCount)
        try channel.pipeline.syncOperations.addHandler(connection)
    }
}
