import Logging
import TrickleRelay

/// A relay of a test, on a free port of 127.0.0.1, gone when `body` ends.
///
/// A closed channel it keeps for longer than any test takes, and it waits as long for the rest of a request, for a reader and for a publisher, unless
/// `change` says otherwise: on a busy machine a test may come late.
public func withRelayServer<Result>(
    _ change: (inout RelayConfiguration) -> Void = { _ in }, logger: Logger = Logger(label: "test"),
    ramps: ((RelayServer) -> any RelayRamps)? = nil,
    _ body: (RelayServer) async throws -> Result
) async throws -> Result {
    var configuration = RelayConfiguration()
    configuration.host = "127.0.0.1"
    configuration.port = 0
    configuration.limits.drainDuration = .seconds(3600)
    configuration.limits.publisherLingerDuration = .seconds(3600)
    configuration.headTimeout = .seconds(3600)
    configuration.continueInterval = .seconds(3600)
    configuration.readerTimeout = .seconds(3600)
    change(&configuration)
    let relay = try RelayServer.start(configuration: configuration, logger: logger, ramps: ramps)
    do {
        let result = try await body(relay)
        await relay.shutDown()
        return result
    } catch {
        await relay.shutDown()
        throw error
    }
}

extension RelayServer {
    /// Waits until the relay's metrics have this line.
    public func tells(_ line: String) async throws {
        while await !metrics().contains("\(line)\n") { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// Waits until the relay knows of a request that is not answered at once, or of what it made.
    public func hasTakenIn(_ request: String) async throws {
        if request.hasPrefix("GET") {
            try await tells("trickle_subscribers 1")
        } else {
            while await metrics().contains("\ntrickle_channels 0\n") { try await Task.sleep(for: .milliseconds(5)) }
        }
    }
}
