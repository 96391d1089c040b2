import ChildProcesses
import Testing
import TrickleTesting

@Suite(.needsCurl, .timeLimit(.minutes(1))) struct CurlTests {
    @Test func `a subscriber has a byte before the publisher has finished`() async throws {
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "curl", ["-sN", "-T", "-", "-X", "POST", "\(relay.url)/talk/0"], standardInput: .pipe)
            let input = try DescriptorWriter(#require(publisher.process.standardInput), what: "curl")
            _ = try await input.write(Array("first".utf8))
            let subscriber = try RunningTool("curl", ["-sN", "--retry", "5", "\(relay.url)/talk/0"])
            #expect(await subscriber.hasWritten(atLeast: 5))
            #expect(publisher.process.endedWith == nil)
            _ = try await input.write(Array(" and last".utf8))
            input.close()
            #expect(try await publisher.finish().status.isSuccess)
            #expect(try await subscriber.finish().outputText == "first and last")
        }
    }

    @Test func `what curl publishes, read2pipe reads as it comes`() async throws {
        try await RelayProcess.with { relay in
            let subscriber = try RunningTool(
                "read2pipe",
                ["--stream", "talk", "--url", relay.url, "--from", "0", "--segments", "2", "--wait", "20s"])
            let publisher = try RunningTool(
                "curl", ["-sN", "-T", "-", "-X", "POST", "\(relay.url)/talk/0"], standardInput: .pipe)
            let input = try DescriptorWriter(#require(publisher.process.standardInput), what: "curl")
            _ = try await input.write(Array("one".utf8))
            #expect(await subscriber.hasWritten(atLeast: 3))
            input.close()
            #expect(try await publisher.finish().status.isSuccess)
            let second = try await RunningTool.run("curl", ["-s", "--data-binary", "two", "\(relay.url)/talk/1"])
            #expect(second.status.isSuccess)
            let result = try await subscriber.finish()
            #expect(result.status.isSuccess, "\(result.errors)")
            #expect(result.outputText == "onetwo")
        }
    }
}
