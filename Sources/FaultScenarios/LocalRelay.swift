import Logging
import TrickleRelay

/// A relay in this process whose window holds all that a run publishes.
enum LocalRelay {
    static func with<Value>(_ body: (RelayServer) async throws -> Value) async throws -> Value {
        var configuration = RelayConfiguration()
        configuration.host = "127.0.0.1"
        configuration.port = 0
        configuration.limits.windowDuration = .seconds(120)
        configuration.limits.windowByteCount = 256 << 20
        // Who is cut off on a busy machine comes back late, and the end of a channel is read late: the relay bears with both.
        configuration.limits.lingerDuration = .seconds(60)
        configuration.limits.drainDuration = ChannelRun.patience
        // All clients have come to their end by then; what is left are connections that nobody uses.
        configuration.shutdownTimeout = .milliseconds(200)
        let relay = try RelayServer.start(
            configuration: configuration, logger: Logger(label: "relay") { _ in SwiftLogNoOpLogHandler() })
        do {
            let value = try await body(relay)
            await relay.shutDown()
            return value
        } catch {
            await relay.shutDown()
            throw error
        }
    }
}
