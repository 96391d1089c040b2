import ChildProcesses
import Testing
import TrickleTesting

@Suite(.needsCurl, .timeLimit(.minutes(TestLimit.minutes))) struct CurlTests {
    @Test func `a subscriber has a byte before the publisher has finished`() async throws {
        try await RelayProcess.with { relay in
            // A subscriber of a channel that is not there would be told so.
            _ = try await RunningTool.run("curl", ["-sf", "-X", "POST", "\(relay.url)/talk"])
            let publisher = try RunningTool(
                "curl", ["-sN", "-T", "-", "-X", "POST", "\(relay.url)/talk/0"], standardInput: .pipe)
            let input = try DescriptorWriter(#require(publisher.process.standardInput), what: "curl")
            _ = try await input.write(Array("first".utf8))
            let subscriber = try RunningTool("curl", ["-sN", "\(relay.url)/talk/0"])
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
                ["--stream", "talk", "--url", relay.url, "--from", "0", "--segments", "2", "--wait", "10m"])
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

    /// A script from docs/protocol.md: the lines that are indented, from the one that begins with `url=`, after a line of text.
    private func script(after text: String, url: String) throws -> String {
        let bytes = try #require(TemporaryFolder.contents(of: "\(BuiltTool.packageRoot)/docs/protocol.md"))
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasPrefix(text) })
        let code = lines[start...].drop { !$0.hasPrefix("    ") }.prefix { $0.hasPrefix("    ") }
        #expect(code.first == "    url=http://localhost:2939/news")
        return "url=\(url)\n" + code.dropFirst().joined(separator: "\n")
    }

    @Test func `the scripts of the specification publish and subscribe with curl alone`() async throws {
        let folder = TemporaryFolder()
        let texts = ["one\n", "", "three\n"]
        for (number, text) in texts.enumerated() { TemporaryFolder.write(text.utf8, to: folder("\(number).txt")) }
        try await RelayProcess.with { relay in
            let channel = "\(relay.url)/news"
            _ = try await RunningTool.run("curl", ["-sf", "-X", "POST", channel])
            let subscriber = try RunningTool(
                "sh", ["-c", script(after: "And a whole subscriber", url: channel)], directory: folder.path)
            // The channel is over soon: the script begins when its reader is there.
            let first = try await RunningTool.run("curl", ["-sf", "--data-binary", "zero\n", "\(channel)/0"])
            #expect(first.status.isSuccess)
            #expect(await subscriber.hasWritten(atLeast: 5))
            let publisher = try await RunningTool.run(
                "sh",
                ["-c", script(after: "A whole publisher", url: channel), "publish"] + texts.indices.map { "\($0).txt" },
                directory: folder.path)
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            let result = try await subscriber.finish()
            #expect(result.status.isSuccess, "\(result.errors)")
            #expect(result.outputText == "zero\n" + texts.joined())
        }
    }
}
