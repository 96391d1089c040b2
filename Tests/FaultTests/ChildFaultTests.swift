import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// An ffmpeg that misbehaves under publish-file.
@Suite(
    .enabled(if: BuiltTool.isInstalled("ffmpeg", "ffprobe"), "ffmpeg is not installed"),
    .enabled(if: ProcessTable.isReadable, "there is no /proc to look for processes in"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct ChildFaultTests {
    private let folder = TemporaryFolder()

    /// Runs publish-file with `script` for an ffmpeg, and a reader of what comes of it.
    private func publish(
        _ script: String, within limit: Duration = TestLimit.wait
    ) async throws -> (publisher: ToolResult, reader: ToolResult) {
        try StubProgram.write("ffmpeg", in: folder, script)
        let relay = try await RelayProcess.start()
        let reader = try RunningTool(
            "read2pipe", ["--stream", "a", "--url", relay.url, "--from", "0", "--wait", "10m"])
        let publisher = try RunningTool(
            "publish-file", ["lavfi:testsrc2", "--stream", "a", "--url", relay.url],
            environment: ["PATH": StubProgram.path(with: folder)])
        let result = try await publisher.finish(within: limit)
        let read = try await reader.finish(within: limit)
        await relay.stop()
        return (result, read)
    }

    @Test func `an ffmpeg that floods standard error holds nothing up`() async throws {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 2)
        let (publisher, reader) = try await publish(
            "head -c 3000000 /dev/zero | tr '\\0' 'x' | fold -w 100 >&2; exec cat \(folder("clip.ts"))")
        #expect(publisher.status == .exited(0), "\(publisher.errors.suffix(300))")
        #expect(reader.status == .exited(0), "\(reader.errors)")
        #expect(reader.output.count > 10_000)
    }

    @Test func `an ffmpeg that floods standard error without a line end holds nothing up`() async throws {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 2)
        let (publisher, reader) = try await publish(
            "head -c 3000000 /dev/zero | tr '\\0' 'x' >&2; exec cat \(folder("clip.ts"))")
        #expect(publisher.status == .exited(0), "\(publisher.errors.suffix(300))")
        #expect(reader.output.count > 10_000)
    }

    @Test func `an ffmpeg that dies is told with its last words, and what it sent is published`() async throws {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 3)
        let (publisher, reader) = try await publish(
            "head -c 60160 \(folder("clip.ts")); echo 'the camera was unplugged' >&2; exit 3")
        #expect(publisher.status == .exited(1))
        #expect(publisher.errors.contains("the camera was unplugged"), "\(publisher.errors)")
        #expect(reader.output.count > 30_000)
    }

    @Test func `an ffmpeg that is killed is told as such, and its readers are not left waiting`() async throws {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 3)
        let (publisher, reader) = try await publish("head -c 60160 \(folder("clip.ts")); kill -9 $$")
        #expect(publisher.status == .exited(1))
        #expect(publisher.errors.contains("ffmpeg"), "\(publisher.errors)")
        #expect(!reader.status.isKilled, "\(reader.errors)")
    }
}

extension ChildProcesses.ExitStatus {
    /// Whether the program had to be ended from outside.
    var isKilled: Bool { if case .killed = self { true } else { false } }
}
