import AccessControl
import AllocatorShims
import ArgumentParser
import ChildProcesses
import CommandFrame
import Endings
import Ingest
import MediaChildren
import Restreaming
import TLSListening
import TrickleGateway
import TrickleRelay

/// Relays channels from publishers to subscribers.
@main
struct TrickleServer: Tool {
    static let configuration = CommandConfiguration(
        commandName: "trickle-server",
        abstract: "A relay for the trickle protocol.",
        discussion: """
            Publishers POST segments to /CHANNEL/0, /CHANNEL/1 …; each byte goes to all who GET them, as it comes.

              trickle-server
              trickle-server --addr :2939 --path live
              trickle-server --config relay.yaml
              trickle-server --config relay.yaml --check

            \(ToolHelp.environment)
            """,
        version: TrickleVersion.current)

    static let endsBySignal = true
    var hasOwnHangup: Bool { config != nil || tls.isWanted }

    @Option(
        help: ArgumentHelp(
            "Where to listen: HOST:PORT, or :PORT for the whole network. Port 0 takes a free one; 'none' is for TLS alone.",
            valueName: "address"))
    var addr = PlainAddress.at(ListenAddress("localhost:2939"))

    @Option(help: ArgumentHelp("The path under which the channels are.", valueName: "path"))
    var path = "/"

    @Flag(help: "Do not tell in the channel _changes which channels come and go.")
    var noChangefeed = false

    @Flag(help: "Make no channel because somebody publishes to it: that is answered with 404.")
    var noAutocreate = false

    @Option(
        help: ArgumentHelp(
            "Let pieces that come within this time leave together: less work for many subscribers, for that much delay. 'auto' does it with 4ms while the relay is busy, 0 holds nothing.",
            valueName: "auto|time"))
    var coalesce = CoalescingArgument.auto

    @Option(
        help: ArgumentHelp(
            "Options of the relay, who may do what, and channels that are published from here, in YAML; SIGHUP reads rules and channels again.",
            valueName: "file"),
        completion: .file())
    var config: String?

    @Flag(help: "Only say what is wrong with the configuration.")
    var check = false

    @Flag(help: "Only print all options as they are in the end, and where each comes from.")
    var printConfig = false

    @OptionGroup(title: "What is kept") var window: WindowOptions
    @Option(
        help: ArgumentHelp(
            "Tell Prometheus and load balancers how it does: /metrics, /healthz, /readyz at this address.",
            valueName: "address"))
    var metrics: ListenAddress?

    @Flag(help: "Tell /metrics only to those whom the rules in --config allow it; /healthz and /readyz are for all.")
    var protectMetrics = false

    @OptionGroup(title: "Encryption") var tls: TLSOptions
    @OptionGroup(title: "For players and browsers") var gateway: GatewayOptions
    @OptionGroup(title: "For web pages of others") var browsers: BrowserOptions
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup(title: "Messages") var logOptions: LogOptions

    static func complete(_ arguments: [String]) throws -> [String] {
        try ConfigurationFile.complete(EnvironmentArguments(for: Self.self).complete(arguments))
    }

    func validate() throws {
        if check, config == nil { throw ValidationError("--check needs --config") }
        if protectMetrics, metrics == nil { throw ValidationError("--protect-metrics needs --metrics") }
        if case .nowhere = addr, !tls.isWanted {
            throw ValidationError("--addr none needs TLS: --tls-cert and --tls-key, or --tls-self-signed")
        }
        if coalesce.coalescing.interval > .seconds(1) { throw ValidationError("--coalesce can be 1s at most") }
    }

    func run(_ session: ToolSession) async throws {
        let factories = AccessFactories.relay(session.logger)
        let file = try config.map { path in
            try ConfigurationFile(path, factories: factories) {
                $0.tell(session, isCheck: check, format: logOptions.logFormat)
            }
        }
        if printConfig {
            let typed = Array(CommandLine.arguments.dropFirst())
            return print(try EffectiveOptions(typed: typed, file: file).text(), terminator: "")
        }
        let access = file?.access.map { ConfiguredAccess($0) }
        if protectMetrics, access == nil {
            throw ToolFailure("--protect-metrics needs rules: the section 'access' in the file of --config")
        }
        let certificates: TLSCertificates?
        do { certificates = try tls.certificates(session.logger, isCheck: check) } catch {
            throw ToolFailure("\(error)")
        }
        if check, let file { return session.logger.info("\(file.summary)") }
        allocator_suit_server()
        DescriptorLimit.raise()
        var configuration = RelayConfiguration()
        switch addr {
        case .at(let address): (configuration.host, configuration.port) = (address.host, address.port)
        case .nowhere: configuration.listensInTheClear = false
        }
        configuration.secure = certificates.map { tls.listener(showing: $0) }
        configuration.basePath = BasePath(path)
        configuration.access = access
        configuration.coalescing = coalesce.coalescing
        window.apply(to: &configuration)
        limits.apply(to: &configuration)
        browsers.apply(to: &configuration)
        if let notice = browsers.notice { session.logger.warning("\(notice)") }
        configuration.limits.hasChangefeed = !noChangefeed
        configuration.limits.createsChannels = !noAutocreate
        try MemoryLimit.fit(&configuration, session.logger)
        try checkRoom()
        let gateway = gateway.configuration(publisherCount: limits.maxPublisherChildren)
        let children = gateway.childBudget()
        let relay: RelayServer
        do {
            relay = try RelayServer.start(configuration: configuration, logger: session.logger) {
                RampGroup([
                    LiveIngest($0, children: children, session: session),
                    Gateway($0, configuration: gateway, children: children, logger: session.logger),
                    CertificateMetrics(certificates: certificates),
                ])
            }
        } catch {
            throw ToolFailure("\(error)")
        }
        if let metrics { try await serve(metrics, of: relay, session) }
        for url in relay.urls { session.logger.notice("listening on \(url)") }
        let watch = certificates.map { CertificateWatch($0) }
        defer { watch?.end() }
        if access == nil, let port = relay.openPort { warn(of: port, session) }
        do {
            try await serve(file, access, factories, children, session, relay)
        } catch {
            await relay.shutDown()
            throw error
        }
        await relay.shutDown()
    }

    /// Event loops cannot be refused their threads: those of the relay, of its acceptor, and of the metrics' listener.
    private func checkRoom() throws {
        let count = limits.threads + 1 + (metrics == nil ? 0 : RouteServer.threadCount)
        do { try SystemRoom.forTools(eventLoopCount: count).check() } catch { throw ToolFailure("\(error)") }
    }

    /// What anybody can do who reaches the relay.
    private func warn(of port: Int, _ session: ToolSession) {
        session.logger.warning(
            """
            anybody who reaches port \(port) may publish over, read and delete every channel: say who may with 'access:' in the file of \
            --config, or let only this machine reach it: listen on localhost:\(port)
            """)
    }

    private func serve(
        _ file: ConfigurationFile?, _ access: ConfiguredAccess?, _ factories: AccessFactories, _ children: ChildBudget,
        _ session: ToolSession,
        _ relay: RelayServer
    ) async throws {
        guard let file else { return await session.stop.wait() }
        // The channels do not end with the relay: whoever reads comes again.
        try await RestreamService(
            file: file.path, destination: LocalDestination(relay: relay), children: children, closesAtEnd: false,
            session: session,
            read: { try file.reread(access, factories, session.logger) }
        ).run()
    }

    private func serve(_ address: ListenAddress, of relay: RelayServer, _ session: ToolSession) async throws {
        do {
            let port = try await relay.serveMetrics(
                host: address.host ?? "0.0.0.0", port: address.port, isProtected: protectMetrics)
            session.logger.info("metrics at http://\(address.urlHost):\(port)/metrics")
        } catch {
            throw ToolFailure("\(error)")
        }
    }
}
