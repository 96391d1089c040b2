import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// A second publisher of a channel: it leaves the first alone, or takes its place where it is told to.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct SecondPublisherTests {
    /// A publisher whose standard input stays open, with one line on the relay.
    private func startFirst(_ relay: RelayProcess) async throws -> (RunningTool, input: OwnedDescriptor) {
        let (read, write) = try OwnedDescriptor.pipe()
        let publisher = try RunningTool(
            "publish-pipe", ["--stream", "cam", "--url", relay.url], standardInput: .descriptor(read.rawValue))
        _ = writeAll("one\n", to: write)
        let first = try await RunningTool.run(
            "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--segments", "1", "--wait", "10m"])
        #expect(first.output == Array("one\n".utf8))
        return (publisher, write)
    }

    private func writeAll(_ text: String, to descriptor: OwnedDescriptor) -> Bool {
        Array(text.utf8).withUnsafeBytes { write(descriptor.rawValue, $0.baseAddress, $0.count) == text.utf8.count }
    }

    @Test(arguments: ["publish-pipe", "publish-file"])
    func `it ends with the name of its mistake, and the first goes on`(tool: String) async throws {
        try await RelayProcess.with { relay in
            let (first, input) = try await startFirst(relay)
            let second = try await RunningTool.run(tool, ["--stream", "cam", "--url", relay.url])
            #expect(second.status == .exited(1), "\(second.errors)")
            #expect(second.errors.contains("'cam' has been published by another for"))
            #expect(second.errors.contains("s: choose another name, or --takeover"))
            let reader = try RunningTool(
                "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--strict"])
            #expect(writeAll("two\n", to: input))
            #expect(await reader.hasWritten(atLeast: 8))
            input.close()
            #expect(try await first.finish().status == .exited(0))
            let read = try await reader.finish()
            #expect(read.status == .exited(0), "\(read.errors)")
            #expect(read.output == Array("one\ntwo\n".utf8))
        }
    }

    @Test func `with --takeover it has the channel, and the first leaves it open`() async throws {
        try await RelayProcess.with { relay in
            let (first, input) = try await startFirst(relay)
            let (read, write) = try OwnedDescriptor.pipe()
            let second = try RunningTool(
                "publish-pipe", ["--stream", "cam", "--url", relay.url, "--takeover"],
                standardInput: .descriptor(read.rawValue))
            #expect(writeAll("three\n", to: write))
            let reader = try RunningTool("read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0"])
            #expect(await reader.hasWritten(atLeast: 10))
            // Whatever the first has still to say, and its end, change nothing for the second.
            _ = writeAll("two\n", to: input)
            input.close()
            let ended = try await first.finish()
            #expect(ended.status == .exited(1), "\(ended.errors)")
            #expect(ended.errors.contains("'cam' has been published by another for"), "\(ended.errors)")
            #expect(writeAll("four\n", to: write))
            write.close()
            #expect(try await second.finish().status == .exited(0))
            let result = try await reader.finish()
            #expect(result.output == Array("one\nthree\nfour\n".utf8), "\(result.errors)")
        }
    }
}
