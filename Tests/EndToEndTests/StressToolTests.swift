import Foundation
import Testing
import TrickleTesting

@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct StressToolTests {
    @Test func `every segment of many publishers reaches every subscriber as it was sent`() async throws {
        try await RelayProcess.with { relay in
            let result = try await RunningTool.run(
                "trickle-stress",
                [
                    "--url", relay.url, "--publishers", "3", "--subscribers", "4", "--segments", "20",
                    "--segment-bytes", "10000", "--json",
                ])
            #expect(result.status == .exited(0), "\(result.errors)")
            let report = try #require(
                try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
            #expect(report["published"] as? Int == 60)
            #expect(report["delivered"] as? Int == 240)
            #expect(report["deliveredBytes"] as? Int == 2_400_000)
            #expect(report["wrong"] as? Int == 0)
            #expect(report["missing"] as? Int == 0)
        }
    }

    @Test func `what a relay does not keep is missing, and the exit code says so`() async throws {
        // Nobody can read a segment that is gone before the next byte.
        try await RelayProcess.with(["--window", "1", "--window-seconds", "0s", "--window-bytes", "1MiB"]) { relay in
            let result = try await RunningTool.run(
                "trickle-stress",
                [
                    "--url", relay.url, "--publishers", "1", "--subscribers", "8", "--segments", "1000",
                    "--segment-bytes", "1", "--interval", "0s",
                ])
            #expect(!result.status.isSuccess, "\(result.outputText)")
            #expect(result.outputText.contains(" 0 wrong"))
            #expect(!result.outputText.contains(" 0 missing"))
        }
    }

    @Test func `stopped, it leaves no channel behind`() async throws {
        try await RelayProcess.with { relay in
            func channels() async throws -> String {
                try await RunningTool.run("curl", ["-s", "\(relay.url)/_channels"]).outputText
            }
            let tool = try RunningTool("trickle-stress", ["--url", relay.url, "--segments", "100000"])
            try await until { try await channels().contains("stress-") }
            kill(tool.process.pid, SIGINT)
            #expect(try await tool.finish().status == .exited(130))
            #expect(try await !channels().contains("stress-"))
        }
    }

    @Test(.needsProcessTable, .needsCurl)
    func `stopped in its first instant, whichever, it leaves no channel behind`() async throws {
        try await RelayProcess.with { relay in
            for milliseconds in 0..<20 {
                let tool = try RunningTool(
                    "trickle-stress", ["--url", relay.url, "--publishers", "8", "--segments", "100000"])
                try await until {
                    !ProcessTable.isRunning(tool.process.pid) || ProcessTable.handles(SIGINT, tool.process.pid)
                }
                try await Task.sleep(for: .milliseconds(2 * milliseconds))
                kill(tool.process.pid, SIGINT)
                #expect(try await tool.finish().status == .exited(130))
            }
            let channels = try await RunningTool.run("curl", ["-s", "\(relay.url)/_channels"]).outputText
            #expect(!channels.contains("stress-"), "\(channels)")
        }
    }

    @Test func `without a relay it fails`() async throws {
        let result = try await RunningTool.run("trickle-stress", ["--url", "http://127.0.0.1:1", "--segments", "1"])
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("http://127.0.0.1:1"))
    }
}
