import ArgumentParser
import Logging
import ServiceLifecycle
import TrickleRelay

@main
struct TrickleServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trickle-server", abstract: "A relay for the trickle protocol.")

    @Option(help: "Where to listen: HOST:PORT, or :PORT for all interfaces; port 0 takes a free one.")
    var addr = "localhost:2939"

    @Option(help: "The path under which the channels are.")
    var path = "/"

    func run() async throws {
        var configuration = RelayConfiguration()
        let colon = addr.lastIndex(of: ":")!
        let host = String(addr[..<colon])
        configuration.host = host.isEmpty ? nil : host
        configuration.port = Int(addr[addr.index(after: colon)...])!
        configuration.basePath = BasePath(path)
        let logger = Logger(label: "trickle-server") { StreamLogHandler.standardError(label: $0) }
        let service = RelayService(configuration: configuration, logger: logger)
        let group = ServiceGroup(services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
    }
}

struct RelayService: Service {
    let configuration: RelayConfiguration
    let logger: Logger

    func run() async throws {
        let relay = try RelayServer.start(configuration: configuration, logger: logger)
        logger.info("listening on \(relay.url)")
        try await gracefulShutdown()
        await relay.shutDown()
    }
}
