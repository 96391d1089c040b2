import ChildProcesses
import Conformance

// The `trickle-server` that was built with the tests.
extension RelayProcess {
    /// - Parameter arguments: Options besides the address.
    /// - Throws: `RelayProcessFailure` when it does not listen.
    public static func start(
        _ arguments: [String] = [], address: String = "localhost:0"
    ) async throws -> RelayProcess {
        try await start(arguments, address: address, program: BuiltTool.path("trickle-server"))
    }

    /// Where it listens for TLS, once it has said so.
    public func securePort() async throws -> Int {
        var port: Int?
        try await until {
            port = said.word(after: "listening on https://")?.split(separator: ":").last
                .flatMap { Int($0.prefix { $0 != "/" }) }
            return port != nil || process.endedWith != nil
        }
        guard let port else { throw RelayProcessFailure(command: process.command, status: process.endedWith!) }
        return port
    }

    /// Runs `body` with a relay that is ended after it.
    public static func with<Result: Sendable>(
        _ arguments: [String] = [], address: String = "localhost:0", _ body: (RelayProcess) async throws -> Result
    ) async throws -> Result {
        let relay = try await start(arguments, address: address)
        let result: Result
        do {
            result = try await body(relay)
        } catch {
            await relay.stop()
            throw error
        }
        await relay.stop()
        return result
    }
}
