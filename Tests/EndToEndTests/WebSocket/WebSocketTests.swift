import Foundation
import Testing
import TrickleTesting

/// WebSocket by the clients that people use, in the clear and with TLS.
@Suite(
    .enabled(if: PythonClients.areInstalled, "no Python clients: make clients"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct WebSocketTests {
    static let scenarios = [
        "messages_of_all_sizes", "text_of_all_scripts", "fragments_of_all_sizes", "bytes_in_pieces",
        "fragments_with_pings_between", "pings_of_all_sizes", "closes_with_all_codes", "compression_is_declined",
        "many_small_messages", "pictures_over_http2", "random_frames",
    ]
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "scenarios.py")
        .path

    private func run(_ arguments: [String]) async throws {
        let run = try await PythonClients.run(Self.script, arguments)
        #expect(run.status.isSuccess, "\(arguments): \((run.outputText + run.errors).suffix(1500))")
    }

    @Test(arguments: scenarios) func `what clients send is what viewers get`(_ scenario: String) async throws {
        try await RelayProcess.with { relay in try await run([relay.url, scenario]) }
    }

    @Test(arguments: scenarios) func `it is so with TLS, too`(_ scenario: String) async throws {
        try await SecureRelay.with { relay in try await run([relay.url, scenario, relay.certificate]) }
    }

    @Test func `every scenario is run`() async throws {
        let run = try await PythonClients.run(Self.script, ["--list"])
        #expect(run.outputText.split(separator: "\n").map(String.init) == Self.scenarios)
    }

    @Test func `a publisher shows what lets it in, and viewers are let in as readers`() async throws {
        let folder = TemporaryFolder()
        TemporaryFolder.write(
            """
            access:
              - {allow: read, to: anybody}
              - {allow: publish, to: {token: 5f0c2e7ab1d94c38}}

            """.utf8, to: folder("relay.yaml"))
        try await RelayProcess.with(["--config", folder("relay.yaml")]) { relay in
            try await run([relay.url, "a_token_lets_publishers_in"])
        }
    }
}
