import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// A live source that comes and goes under `publish-file --retry`.
@Suite(
    .enabled(if: BuiltTool.isInstalled("ffmpeg", "ffprobe"), "ffmpeg is not installed"),
    .enabled(if: ProcessTable.isReadable, "there is no /proc to look for processes in"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct RetryTests {
    private let folder = TemporaryFolder()
    /// A source that is live by its form; the stand-ins do not look at it.
    private let source = "tcp://127.0.0.1:9"

    /// Stand-ins for ffprobe, which finds H.264, and for ffmpeg, which counts its starts in `$n` and leaves its number in a file.
    private func standIns(_ ffmpeg: String) async throws -> [String: String?] {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 2)
        try StubProgram.write(
            "ffprobe", in: folder,
            "echo >> \(folder("probes"))\n"
                + #"echo '{"streams": [{"index": 0, "codec_type": "video", "codec_name": "h264", "width": 320}]}'"#)
        try StubProgram.write(
            "ffmpeg", in: folder,
            """
            cd \(folder.path)
            echo start >> starts; n=$(wc -l < starts); echo $$ > pid
            \(ffmpeg)
            """)
        return ["PATH": StubProgram.path(with: folder)]
    }

    private func publisher(_ relay: RelayProcess, _ environment: [String: String?], _ options: [String]) throws
        -> RunningTool
    {
        try RunningTool(
            "publish-file",
            [source, "--stream", "cam", "--url", relay.url]
                + (options.contains("--timeout") ? [] : ["--timeout", "500ms"]) + options,
            environment: environment)
    }

    /// The process that stands in for ffmpeg, once it has started.
    private func standIn() async throws -> Int32 {
        while true {
            let text = TemporaryFolder.contents(of: folder("pid")).map { String(decoding: $0, as: UTF8.self) } ?? ""
            if text.hasSuffix("\n"), let pid = Int32(text.dropLast()) { return pid }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func untilEnded(_ pid: Int32) async throws {
        while ProcessTable.isRunning(pid) { try await Task.sleep(for: .milliseconds(20)) }
    }

    @Test func `a source that dies and hangs in turn is opened again, and the numbers go on`() async throws {
        let errors = try await errorsOfRetrying(
            """
            1) echo 'the camera was unplugged' >&2; exit 3 ;;
            2) exec sleep 1000 ;;
            """, failures: 2)
        for words in ["the camera was unplugged", "nothing came from"] {
            #expect(errors.contains(words), "'\(words)' is not in: \(errors.suffix(2000))")
        }
    }

    @Test func `a source that floods its messages is opened again, and some of them are shown`() async throws {
        // A flood takes a busy machine seconds, and only errors come in that time: the source must not count as silent.
        let errors = try await errorsOfRetrying(
            """
            1) head -c 3000000 /dev/zero | tr '\\0' 'x' | fold -w 100 >&2; echo 'the last word' >&2; exit 1 ;;
            """, failures: 1, options: ["--timeout", "10m"])
        for words in ["the last word", "more lines"] {
            #expect(errors.contains(words), "'\(words)' is not in: \(errors.suffix(2000))")
        }
        // Of 30,000; some each second are shown.
        #expect(errors.split(separator: "\n").count < 1000)
    }

    /// What `publish-file --retry` says while its source fails, and until a reader has every segment.
    ///
    /// - Parameter cases: the branches of a shell's `case $n`, of what the source does after its first two segments.
    private func errorsOfRetrying(_ cases: String, failures: Int, options: [String] = []) async throws -> String {
        // Each time two segments: one GOP, and what there is of the next.
        let environment = try await standIns(
            """
            head -c 60160 clip.ts
            case $n in
                \(cases)
                *) exec cat clip.ts ;;
            esac
            """)
        return try await RelayProcess.with { relay in
            let publisher = try publisher(relay, environment, ["--retry"] + options)
            let reader = try await RunningTool.run(
                "read2pipe",
                [
                    "--stream", "cam", "--url", relay.url, "--from", "0", "--segments", "\(2 * failures + 4)",
                    "--wait", "10m", "--strict",
                ])
            #expect(reader.status == .exited(0), "\(reader.errors)")
            kill(publisher.process.pid, SIGTERM)
            let result = try await publisher.finish()
            #expect(result.status == .exited(143), "\(result.errors.suffix(500))")
            return result.errors
        }
    }

    @Test func `the time goes on from one source to the next`() async throws {
        // Everything that is asked of ffmpeg, as it is asked.
        let environment = try await standIns("echo \"$@\" >> arguments; exec cat clip.ts")
        try await RelayProcess.with { relay in
            let publisher = try publisher(relay, environment, ["--retry"])
            let reader = try await RunningTool.run(
                "read2pipe",
                ["--stream", "cam", "--url", relay.url, "--from", "0", "--segments", "3", "--wait", "10m", "--strict"])
            #expect(reader.status == .exited(0), "\(reader.errors)")
            kill(publisher.process.pid, SIGTERM)
            _ = try await publisher.finish()
        }
        let starts = String(decoding: try #require(TemporaryFolder.contents(of: folder("arguments"))), as: UTF8.self)
            .split(separator: "\n")
        #expect(!starts[0].contains("-output_ts_offset"))
        let words = try #require(starts.dropFirst().first).split(separator: " ")
        let place = try #require(words.firstIndex(of: "-output_ts_offset"))
        // The clip is two seconds long.
        #expect(try #require(Double(words[place + 1])) > 2)
        #expect(words.contains("+initial_discontinuity"))
    }

    @Test func `a relay that is not there yet is waited for`() async throws {
        let environment = try await standIns("exec cat clip.ts")
        let place = try await RelayProcess.start()
        await place.stop()
        let publisher = try publisher(place, environment, ["--retry"])
        // Each time it looks whether its source is there.
        while (TemporaryFolder.contents(of: folder("probes"))?.count ?? 0) < 2 {
            try await Task.sleep(for: .milliseconds(20))
        }
        try await RelayProcess.with(address: String(place.url.dropFirst("http://".count))) { relay in
            let reader = try await RunningTool.run(
                "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--segments", "2", "--wait", "10m"])
            #expect(reader.status == .exited(0), "\(reader.errors)")
            kill(publisher.process.pid, SIGTERM)
            let result = try await publisher.finish()
            #expect(result.status == .exited(143))
            #expect(result.errors.contains("opens it again"), "\(result.errors)")
        }
    }

    @Test func `a source that hangs is final without --retry, and nothing of it is left`() async throws {
        let environment = try await standIns("head -c 60160 clip.ts; echo 'no signal' >&2; exec sleep 1000")
        try await RelayProcess.with { relay in
            let publisher = try publisher(relay, environment, [])
            let pid = try await standIn()
            let result = try await publisher.finish()
            #expect(result.status == .exited(1))
            #expect(result.errors.contains("nothing came from '\(source)'"), "\(result.errors)")
            #expect(result.errors.contains("no signal"), "\(result.errors)")
            try await untilEnded(pid)
        }
    }

    @Test func `a file that fails is final even with --retry`() async throws {
        let environment = try await standIns("echo 'broken' >&2; exit 1")
        try await RelayProcess.with { relay in
            let result = try await RunningTool.run(
                "publish-file", [folder("clip.ts"), "--stream", "cam", "--url", relay.url, "--retry", "--transcode"],
                environment: environment)
            #expect(result.status == .exited(1))
            #expect(result.errors.contains("broken"))
        }
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func `no source outlives a publisher that keeps trying`(signal: Int32) async throws {
        let environment = try await standIns("head -c 60160 clip.ts; trap '' TERM INT; while :; do sleep 1000; done")
        try await RelayProcess.with { relay in
            let publisher = try publisher(relay, environment, ["--retry"])
            let pid = try await standIn()
            kill(publisher.process.pid, signal)
            _ = try await publisher.finish()
            try await untilEnded(pid)
        }
    }

    @Test func `while it waits for a source to come back, a signal ends the publisher and closes its channel`()
        async throws
    {
        let environment = try await standIns("[ $n = 1 ] && exec cat clip.ts; exit 1")
        try await RelayProcess.with { relay in
            let publisher = try publisher(relay, environment, ["--retry"])
            let reader = try RunningTool(
                "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"])
            #expect(await reader.hasWritten(atLeast: 50_000))
            kill(publisher.process.pid, SIGINT)
            #expect(try await publisher.finish().status == .exited(130))
            #expect(try await reader.finish().status == .exited(0))
        }
    }

    @Test func `a relay that has given the channel up meanwhile gets it again when the source is back`() async throws {
        let environment = try await standIns(
            // Once it is back it goes on: a channel that is silent for a second is given up again, maybe before a reader has seen it.
            "[ $n = 2 ] && { sleep 3; exit 1; }; cat clip.ts; [ $n = 1 ] || while sleep 0.2; do cat clip.ts; done")
        try await RelayProcess.with(["--idle-timeout", "1s", "--drain", "0s"]) { relay in
            let publisher = try publisher(relay, environment, ["--retry", "--timeout", "10s"])
            let reader = ["--stream", "cam", "--url", relay.url, "--from", "0", "--wait", "10m"]
            // It ends when the relay closes the channel.
            let first = try await RunningTool.run("read2pipe", reader)
            #expect(first.status == .exited(0), "\(first.errors)")
            let second = try await RunningTool.run("read2pipe", reader + ["--segments", "1"])
            #expect(second.status == .exited(0), "\(second.errors)")
            #expect(publisher.process.endedWith == nil)
            kill(publisher.process.pid, SIGTERM)
            _ = try await publisher.finish()
        }
    }
}
