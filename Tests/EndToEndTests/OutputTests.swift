import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// What happens when the place that media is written to has had enough.
@Suite(.needsCurl, .timeLimit(.minutes(TestLimit.minutes))) struct OutputTests {
    private let folder = TemporaryFolder()

    /// Runs `body` with a relay whose channel `a` has one finished segment of 100,000 bytes.
    private func withSegment(_ body: (RelayProcess) async throws -> Void) async throws {
        TemporaryFolder.write(repeatElement(UInt8(ascii: "x"), count: 100_000), to: folder("segment"))
        try await RelayProcess.with { relay in
            let posted = try await RunningTool.run(
                "curl", ["-sf", "--data-binary", "@\(folder("segment"))", "\(relay.url)/a/0"])
            #expect(posted.status.isSuccess)
            try await body(relay)
        }
    }

    @Test func `a reader that closes its end is a normal end`() async throws {
        try await withSegment { relay in
            let tool = BuiltTool.path("read2pipe")
            let result = try await RunningTool.run(
                "sh", ["-c", "{ \(tool) --stream a --url \(relay.url) --from 0 --quiet; echo $? >&2; } | head -c 10"])
            #expect(result.outputText == "xxxxxxxxxx")
            #expect(result.errorLines == ["0"])
        }
    }

    @Test func `a reader that leaves while nothing comes is noticed`() async throws {
        try await withSegment { relay in
            let (readEnd, writeEnd) = try OwnedDescriptor.pipe()
            let tool = try RunningTool(
                "read2pipe", ["--stream", "a", "--url", relay.url, "--from", "next"], outputFile: writeEnd)
            writeEnd.close()
            readEnd.close()
            #expect(try await tool.finish().status == .exited(0))
        }
    }

    @Test(.enabled(if: access("/dev/full", W_OK) == 0, "there is no /dev/full"))
    func `a full disk is told in one line`() async throws {
        try await withSegment { relay in
            let tool = try RunningTool(
                "read2pipe", ["--stream", "a", "--url", relay.url, "--from", "0", "--quiet"],
                outputFile: .open("/dev/full", O_WRONLY))
            let result = try await tool.finish()
            #expect(result.status == .exited(1))
            #expect(result.errorLines.count == 1)
            #expect(result.errors.contains("No space left"))
        }
    }

    @Test(.enabled(if: access("/dev/full", W_OK) == 0, "there is no /dev/full"))
    func `a full disk under a report is told, too`() async throws {
        try await RelayProcess.with { relay in
            let load = ["--publishers", "1", "--subscribers", "1", "--segments", "1", "--json", "--quiet"]
            let tool = try RunningTool(
                "trickle-stress", load + ["--url", relay.url], outputFile: .open("/dev/full", O_WRONLY))
            let result = try await tool.finish()
            #expect(result.status == .exited(1))
            #expect(result.errors.contains("No space left"))
        }
    }

    @Test func `a file that may not grow is told in one line, and leaves nothing half behind`() async throws {
        try await withSegment { relay in
            let command =
                "ulimit -f 1; exec \(BuiltTool.path("subscriber-example")) --stream a --url \(relay.url) --from 0 --quiet"
                + " --out \(folder("out"))"
            let result = try await RunningTool.run("sh", ["-c", command])
            #expect(result.status == .exited(1))
            #expect(result.errorLines.count == 1, "\(result.errors)")
            #expect(result.errors.contains("File too large"))
            #expect(folder.names(in: "out").isEmpty)
        }
    }

    @Test func `a player gets the bytes, and its end is the end`() async throws {
        try await withSegment { relay in
            let copy = folder("copy")
            TemporaryFolder.write("#!/bin/sh\nhead -c 1000 > \(copy)\n".utf8, to: folder("player"))
            #expect(chmod(folder("player"), 0o755) == 0)
            let result = try await RunningTool.run(
                "play", ["--stream", "a", "--url", relay.url, "--from", "0", "--player", "\(folder("player")) -"])
            #expect(result.status == .exited(0), "\(result.errors)")
            #expect(TemporaryFolder.contents(of: copy)?.count == 1000)
        }
    }

    @Test func `a player that fails is a failure with its last words`() async throws {
        try await withSegment { relay in
            TemporaryFolder.write("#!/bin/sh\necho no screen >&2\nexit 3\n".utf8, to: folder("player"))
            #expect(chmod(folder("player"), 0o755) == 0)
            let result = try await RunningTool.run(
                "play",
                ["--stream", "a", "--url", relay.url, "--from", "0", "--player", "\(folder("player")) -", "--quiet"])
            #expect(result.status == .exited(1))
            #expect(result.errors.contains("no screen"))
        }
    }
}
