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

    @Test(.needsCurl)
    func `stopped in its first instant, whichever, it ends and leaves no channel behind`() async throws {
        try await RelayProcess.with { relay in
            for number in 0..<40 {
                let tool = try RunningTool(
                    "trickle-stress", ["--url", relay.url, "--publishers", "8", "--segments", "100000"])
                try await Task.sleep(for: .milliseconds(3 * number))
                kill(tool.process.pid, SIGINT)
                let status = try await tool.finish().status
                // Before it attends to signals, there is nothing to clear up.
                #expect(status == .exited(130) || status == .killed(signal: SIGINT))
            }
            let channels = try await RunningTool.run("curl", ["-s", "\(relay.url)/_channels"]).outputText
            #expect(!channels.contains("stress-"), "\(channels)")
        }
    }

    @Test(.needsCurl) func `stopped under a relay that has stopped, it says what is left`() async throws {
        try await RelayProcess.with { relay in
            let tool = try RunningTool(
                "trickle-stress", ["--url", relay.url, "--publishers", "2", "--segments", "100000"])
            try await until {
                try await RunningTool.run("curl", ["-s", "\(relay.url)/_channels"]).outputText.contains("stress-")
            }
            kill(relay.process.pid, SIGSTOP)
            kill(tool.process.pid, SIGINT)
            let result = try await tool.finish()
            kill(relay.process.pid, SIGCONT)
            #expect(result.status == .exited(130))
            #expect(result.errors.contains("is left as it is"), "\(result.errors)")
        }
    }

    @Test func `without a relay it fails`() async throws {
        let result = try await RunningTool.run("trickle-stress", ["--url", "http://127.0.0.1:1", "--segments", "1"])
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("http://127.0.0.1:1"))
    }
}
