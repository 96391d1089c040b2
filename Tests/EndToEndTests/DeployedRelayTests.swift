import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// The tools against a stand-in for the servers that are deployed, which announce nothing.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct DeployedRelayTests {
    private let folder = TemporaryFolder()

    private func publish(_ text: String, to url: String, _ arguments: [String] = []) async throws -> ToolResult {
        let path = folder("lines")
        TemporaryFolder.write(text.utf8, to: path)
        let file = open(path, O_RDONLY)
        defer { close(file) }
        return try await RunningTool(
            "publish-pipe", ["cam", "--url", url] + arguments, standardInput: .descriptor(file)
        ).finish()
    }

    // MARK: The end of a channel

    private func reader(_ name: String, _ url: String, _ arguments: [String] = []) throws -> RunningTool {
        let own =
            switch name {
            case "play": ["--player", "cat -"]
            case "subscriber-example": ["--out", folder("out\(arguments.count)")]
            default: [String]()
            }
        return try RunningTool(name, ["cam", "--url", url, "--from", "0"] + own + arguments)
    }

    /// Has a tool read two lines, and then closes the channel while it waits for a third.
    private func readToTheEnd(
        _ name: String, _ habits: DeployedRelay.Habits = .init(), _ arguments: [String] = []
    ) async throws -> ToolResult {
        let relay = try DeployedRelay(habits)
        #expect(try await publish("one\ntwo\n", to: relay.url, ["--keep-open"]).status == .exited(0))
        let tool = try reader(name, relay.url, arguments)
        try await until { relay.channels.isAwaited("cam", 2) || tool.process.endedWith != nil }
        relay.channels.delete("cam")
        return try await tool.finish()
    }

    @Test(arguments: ["read2pipe", "subscriber-example", "play"])
    func `a channel that is forgotten after it was read has ended`(name: String) async throws {
        var habits = DeployedRelay.Habits()
        habits.tellsOfTheEnd = false
        let line = "has no channel 'cam' any more: what followed segment 1 may be missing"
        let result = try await readToTheEnd(name, habits)
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(result.errors.contains(line), "\(result.errors)")
        if name == "read2pipe" { #expect(result.outputText == "one\ntwo\n") }
        let strict = try await readToTheEnd(name, habits, ["--strict"])
        #expect(strict.status == .exited(4), "\(strict.errors)")
        #expect(strict.errors.contains(line), "\(strict.errors)")
    }

    @Test(arguments: ["read2pipe", "subscriber-example", "play"])
    func `who waits when the channel ends has missed nothing`(name: String) async throws {
        let result = try await readToTheEnd(name, .init(), ["--strict"])
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(!result.errors.contains("missing"), "\(result.errors)")
    }

    @Test func `a channel that was never there is still told as that`() async throws {
        let relay = try DeployedRelay()
        let result = try await reader("read2pipe", relay.url).finish()
        withExtendedLifetime(relay) {}
        #expect(result.status == .exited(3), "\(result.errors)")
        #expect(result.errors.contains("check its name"), "\(result.errors)")
    }

    @Test func `a read that waits long is made again, and that is no outage`() async throws {
        let relay = try DeployedRelay()
        #expect(try await publish("one\n", to: relay.url, ["--keep-open"]).status == .exited(0))
        let tool = try reader("read2pipe", relay.url, ["--strict"])
        try await until { relay.channels.reads.count { $0 == "cam/1" } > 1 || tool.process.endedWith != nil }
        #expect(try await publish("two\n", to: relay.url, ["--keep-open"]).status == .exited(0))
        try await until { relay.channels.isAwaited("cam", 2) || tool.process.endedWith != nil }
        relay.channels.delete("cam")
        let result = try await tool.finish()
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(result.outputText == "one\ntwo\n")
        #expect(!result.errors.contains("does not answer"), "\(result.errors)")
    }

    // MARK: Numbers

    @Test func `a second run goes on with the numbers, and closes nothing that it did not begin`() async throws {
        let relay = try DeployedRelay()
        let first = try await publish("one\ntwo\n", to: relay.url, ["--keep-open"])
        #expect(first.status == .exited(0), "\(first.errors)")
        let second = try await publish("three\n", to: relay.url)
        #expect(second.status == .exited(0), "\(second.errors)")
        #expect(second.errors.contains("'cam' was there before: goes on with segment 2"), "\(second.errors)")
        #expect(relay.channels.contents(of: "cam")[2] == Array("three\n".utf8))
        #expect(!relay.channels.events.contains("delete cam"))
        let read = try await reader("read2pipe", relay.url, ["--segments", "3"]).finish()
        #expect(read.outputText == "one\ntwo\nthree\n", "\(read.errors)")
    }

    @Test func `a second publisher leaves the first its channel`() async throws {
        let relay = try DeployedRelay()
        let (read, write) = try OwnedDescriptor.pipe()
        let first = try RunningTool(
            "publish-pipe", ["cam", "--url", relay.url], standardInput: .descriptor(read.rawValue))
        read.close()
        #expect(put("one\n".utf8, into: write))
        try await until { relay.channels.events.contains("close cam/0") || first.process.endedWith != nil }
        #expect(try await publish("two\n", to: relay.url).status == .exited(0))
        #expect(!relay.channels.events.contains("delete cam"))
        #expect(put("three\n".utf8, into: write))
        write.close()
        let result = try await first.finish()
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(relay.channels.events.filter { $0 == "delete cam" }.count == 1)
        // Neither knows of the other, and both had this number.
        #expect(relay.channels.contents(of: "cam") == [0: Array("one\n".utf8), 1: Array("two\nthree\n".utf8)])
    }

    private func put(_ bytes: some Sequence<UInt8>, into descriptor: OwnedDescriptor) -> Bool {
        let bytes = Array(bytes)
        return bytes.withUnsafeBytes { write(descriptor.rawValue, $0.baseAddress, $0.count) } == bytes.count
    }

    @Test func `who began a channel closes it`() async throws {
        let relay = try DeployedRelay()
        #expect(try await publish("one\n", to: relay.url).status == .exited(0))
        #expect(relay.channels.events.last == "delete cam")
    }

    @Test(arguments: ["-1", "-2", "-3", "-4"])
    func `a relative start means the same as on a relay that knows it`(from: String) async throws {
        let lines = "one\ntwo\nthree\nfour\n"
        var outputs: [String] = []
        let relay = try DeployedRelay()
        try await RelayProcess.with { own in
            for url in [own.url, relay.url] {
                #expect(try await publish(lines, to: url, ["--keep-open"]).status == .exited(0))
                let tool = try RunningTool("read2pipe", ["cam", "--url", url, "--from", from, "--segments", "1"])
                if from == "-1" {
                    // It waits for what comes, which is to come when it waits.
                    if url == relay.url {
                        try await until { relay.channels.isAwaited("cam", 4) }
                    } else {
                        try await until { tool.hasSaid("waits for the next segment") }
                    }
                    #expect(try await publish("five\n", to: url, ["--keep-open"]).status == .exited(0))
                }
                outputs.append(try await tool.finish().outputText)
            }
        }
        #expect(outputs[0] == outputs[1])
        #expect(!outputs[0].isEmpty)
    }

    // MARK: Servers that break off

    /// Three seconds, a keyframe each second.
    private func makeClip() async throws -> [UInt8] {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 3)
        return try #require(TemporaryFolder.contents(of: folder("clip.ts")))
    }

    @Test(.needsFFmpeg) func `a server that waits for no body costs nothing, however long the GOPs are`() async throws {
        let clip = try await makeClip()
        let patient = try DeployedRelay()
        let whole = try await RunningTool.run(
            "publish-file", [folder("clip.ts"), "cam", "--no-realtime", "--url", patient.url])
        #expect(whole.status == .exited(0), "\(whole.errors)")
        let expected = patient.channels.contents(of: "cam")
        try #require(expected.count == 3)

        var habits = DeployedRelay.Habits()
        habits.firstByteTimeout = .seconds(1)
        let relay = try DeployedRelay(habits)
        let (read, write) = try OwnedDescriptor.pipe()
        let publisher = try RunningTool(
            "publish-file", ["-", "cam", "--strict", "--url", relay.url], standardInput: .descriptor(read.rawValue))
        read.close()
        // Half of each GOP comes, and the rest when the server has given up the request for the next one.
        var sent = 0
        for number in 1...2 {
            let upTo = clip.count * (2 * number + 1) / 6
            #expect(put(clip[sent..<upTo], into: write))
            sent = upTo
            try await until {
                relay.channels.events.contains { $0.hasPrefix("time-out cam/") && $0.hasSuffix("\(number + 1)") }
                    || publisher.process.endedWith != nil
            }
        }
        #expect(put(clip[sent...], into: write))
        write.close()
        let result = try await publisher.finish()
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(relay.channels.contents(of: "cam") == expected)
    }

    @Test(.needsFFmpeg, arguments: [false, true])
    func `a server that fails in the middle of a segment costs that segment`(isStrict: Bool) async throws {
        _ = try await makeClip()
        var habits = DeployedRelay.Habits()
        habits.breaksOff = (segment: 1, after: 1000)
        let relay = try DeployedRelay(habits)
        let result = try await RunningTool.run(
            "publish-file",
            [folder("clip.ts"), "cam", "--no-realtime", "--url", relay.url] + (isStrict ? ["--strict"] : []))
        #expect(result.status == .exited(isStrict ? 4 : 0), "\(result.errors)")
        let losses = result.errorLines.filter { $0.contains("goes on with the next") }
        #expect(losses.count == 1, "\(result.errors)")
        #expect(losses.first?.contains("segment 1") == true)
        #expect(relay.channels.events.filter { $0.hasPrefix("close") }.sorted() == ["close cam/0", "close cam/2"])
        #expect(relay.channels.events.last == "delete cam")
    }
}
