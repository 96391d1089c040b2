import AccessControl
import ArgumentParser
import CommandFrame
import Endings
import TLSListening

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
            "Options of the relay, who may do what, and channels that are published from here, in YAML; SIGHUP reads rules, channels and most limits again.",
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
            "Tell Prometheus and load balancers how it does: /metrics, /clients, /healthz, /readyz at this address.",
            valueName: "address"))
    var metrics: ListenAddress?

    @Flag(
        help:
            "Tell /metrics and /clients only to those whom the rules in --config allow it; /healthz and /readyz are for all."
    )
    var protectMetrics = false

    @OptionGroup(title: "Encryption") var tls: TLSOptions
    @OptionGroup(title: "For players and browsers") var gateway: GatewayOptions
    @OptionGroup(title: "For web pages of others") var browsers: BrowserOptions
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup(title: "Messages") var logOptions: LogOptions

    static func complete(_ arguments: [String]) throws -> [String] {
        try BrokerVariables.complete(
            ConfigurationFile.complete(EnvironmentArguments(for: Self.self).complete(arguments)))
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
        if protectMetrics { try ConfigurationFile.checkHasRules(file?.access) }
        let certificates: TLSCertificates?
        do { certificates = try tls.certificates(session.logger, isCheck: check) } catch {
            throw ToolFailure("\(error)")
        }
        if check, let file { return session.logger.info("\(file.summary)") }
        // A file may get rules, or lose them, while the relay runs.
        let access = file.map { FileAccess($0, factories, needsRules: protectMetrics, logger: session.logger) }
        try await ServerRun(options: self, access: access, certificates: certificates, session: session).run()
    }
}
