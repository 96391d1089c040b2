import Foundation
import Testing
import TrickleTesting

/// Clients that others have deployed work with our relay: stand-ins for them, and `pytrickle` itself.
@Suite("Deployed clients")
struct DeployedClientTests {
    static let scenarios = [
        "go_publishes_and_subscribes", "go_renews_a_waiting_get", "go_rejoins_after_470",
        "go_sends_again_when_nothing_was_sent", "go_endures_100_continue", "go_learns_that_the_channel_is_over",
        "python_subscribes", "pytrickle_publishes_and_subscribes",
    ]

    @Test(
        "a deployed client gets along with the relay",
        .enabled(if: PythonClients.areInstalled, "no Python clients: make clients"), arguments: scenarios)
    func clientGetsAlong(_ scenario: String) async throws {
        try await OwnRelay.run { url, settings in
            let run = try await PythonClients.run([url, scenario], continueInterval: settings.continueInterval)
            #expect(run.isSuccess, "\(run.output.suffix(1500))")
        }
    }

    @Test(
        "every scenario is run", .enabled(if: PythonClients.areInstalled, "no Python clients: make clients"))
    func everyScenarioIsRun() async throws {
        let run = try await PythonClients.run(["--list"], continueInterval: .zero)
        #expect(run.output.split(separator: "\n").map(String.init) == Self.scenarios)
    }
}

/// The scripts in `Clients/`.
extension PythonClients {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Clients")

    /// Runs `scenarios.py` to its end.
    static func run(
        _ arguments: [String], continueInterval: Duration
    ) async throws -> (isSuccess: Bool, output: String) {
        let seconds =
            Double(continueInterval.components.seconds) + Double(continueInterval.components.attoseconds) / 1e18
        let result = try await run(
            folder.appending(path: "scenarios.py").path, arguments,
            environment: ["TRICKLE_CONTINUE_SECONDS": String(seconds)])
        return (result.status.isSuccess, result.outputText + result.errors)
    }
}
