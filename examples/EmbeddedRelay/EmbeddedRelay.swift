import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import TrickleGateway
import TrickleRelay

/// A program with an HTTP server of its own, which has a relay below `/trickle`: docs/embedding.md.
///
///     swift run embedded-relay 8080
///     curl localhost:8080/hello
///     publish-file clip.ts --stream cam --url http://localhost:8080/trickle
@main
struct EmbeddedRelay {
    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 8080
        let logger = Logger(label: "embedded-relay")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

        var configuration = RelayConfiguration()
        configuration.basePath = BasePath("/trickle")
        // The gateway is for players and browsers; publishers and subscribers need only the relay.
        let relay = try RelayServer.mount(on: group, configuration: configuration, logger: logger) {
            Gateway($0, logger: logger)
        }

        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { connection in
                connection.eventLoop.makeCompletedFuture {
                    try relay.serve(connection) { try $0.pipeline.syncOperations.addHandler(HelloHandler()) }
                }
            }
            .bind(host: "localhost", port: port).get()
        let url = "http://localhost:\(listener.localAddress?.port ?? port)"
        logger.notice("listening on \(url) (/hello is the program's, /trickle/ is the relay's)")
        // Until the program is ended. To go down in good order: close the listener, await relay.shutDown(), end the group.
        try await listener.closeFuture.get()
    }
}
