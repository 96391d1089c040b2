import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// The built programs and real media, through a network that breaks.
@Suite(
    .enabled(if: BuiltTool.isInstalled("ffmpeg", "ffprobe"), "ffmpeg is not installed"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct ToolFaultTests {
    private let folder = TemporaryFolder()
    private let kept = ["--window-seconds", "120", "--window-bytes", "256MiB"]

    private func withProxies(
        _ body: (RelayProcess, _ toPublisher: FaultProxy, _ toReader: FaultProxy) async throws -> Void
    ) async throws {
        try await RelayProcess.with(kept) { relay in
            let port = try #require(relay.url.split(separator: ":").last.flatMap { Int($0) })
            try await FaultProxy.with(to: port, seed: 1) { first in
                try await FaultProxy.with(to: port, seed: 2) { second in try await body(relay, first, second) }
            }
        }
    }

    @Test(arguments: [(1000...1000, true, false), (1000...1000, false, true), (300...20_000, true, true)])
    func `a clip comes through connections that are cut`(
        places: ClosedRange<Int>, atPublisher: Bool, atReader: Bool
    ) async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip)
        let sent = try await FrameDigests(of: clip)
        try await withProxies { relay, first, second in
            if atPublisher { await first.set(.breaking(each: places, .toRelay, .fromRelay)) }
            if atReader { await second.set(.breaking(each: places, .toRelay, .fromRelay)) }
            let reading = ["--stream", "clip", "--from", "0", "--wait", "10m", "--strict", "--url"]
            let reader = try RunningTool("read2pipe", reading + [second.url])
            let calm = try RunningTool("read2pipe", reading + [relay.url])
            let publisher = try await RunningTool.run(
                "publish-file", [clip, "--stream", "clip", "--url", first.url, "--no-realtime"])
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            let (read, calmRead) = try await (reader.finish(), calm.finish())
            #expect(read.status.isSuccess, "\(read.errors)")
            #expect(read.output == calmRead.output)
            #expect(first.tally.breaks + second.tally.breaks > 10)
            TemporaryFolder.write(read.output, to: folder("read.ts"))
            #expect(try await FrameDigests(of: folder("read.ts")) == sent)
        }
    }

    @Test func `a relay that is too slow costs a live source whole segments, and nobody waits for them`() async throws {
        try await withProxies { relay, proxy, _ in
            var plan = FaultPlan()
            plan.toRelay.bytesPerSecond = 20_000
            await proxy.set(plan)
            let reader = try RunningTool(
                "read2pipe", ["--stream", "live", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"])
            let publisher = try RunningTool(
                "publish-file",
                [
                    "lavfi:testsrc2=size=640x360:rate=25,noise=alls=30:allf=t", "--stream", "live", "--url", proxy.url,
                    "--gop", "500ms",
                    "--on-slow", "drop", "--max-behind", "1", "--ffmpeg-args", "-t 6",
                ])
            // The source gives many times as much as goes through; after some seconds all of it does.
            _ = await reader.hasWritten(atLeast: 60_000)
            await proxy.set(.faultless)
            let published = try await publisher.finish()
            #expect(published.status.isSuccess, "\(published.errors)")
            #expect(published.errors.contains("was dropped"), "\(published.errors)")
            let read = try await reader.finish()
            #expect(read.status.isSuccess, "\(read.errors)")
            // Whole segments: each begins with a keyframe and decodes without the one before.
            TemporaryFolder.write(read.output, to: folder("read.ts"))
            let decoded = try await RunningTool.run(
                "ffmpeg", ["-v", "error", "-nostdin", "-i", folder("read.ts"), "-map", "0:v", "-f", "null", "-"])
            #expect(!decoded.errors.contains("concealing"), "\(decoded.errors)")
            #expect(!decoded.errors.contains("decode_slice"), "\(decoded.errors)")
        }
    }

    @Test(.enabled(if: Self.canMount, "file systems cannot be mounted here"))
    func `a full disk ends subscriber-example, and leaves whole segments only`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: 8)
        try await RelayProcess.with(kept) { relay in
            let publisher = try await RunningTool.run(
                "publish-file", [clip, "--stream", "clip", "--url", relay.url, "--no-realtime", "--keep-open"])
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            let whole = try await RunningTool.run(
                BuiltTool.path("subscriber-example"),
                ["--stream", "clip", "--url", relay.url, "--from", "0", "--segments", "8", "--out", folder("whole")])
            #expect(whole.status.isSuccess, "\(whole.errors)")
            let sizes = folder("whole")
            let total = TemporaryFolder.contents(of: "\(sizes)/0.ts")?.count ?? 0
            // Room for the first segment and a part of the next ones.
            let disk = folder("disk")
            mkdir(disk, 0o700)
            let script = """
                mount -t tmpfs -o size=\(total * 5 / 2 / 1024)k tmpfs '\(disk)' || exit 77
                '\(BuiltTool.path("subscriber-example"))' --stream clip --url \(relay.url) --from 0 --out '\(disk)'
                status=$?
                mkdir '\(folder("kept"))'
                cp -a '\(disk)'/. '\(folder("kept"))'
                exit $status
                """
            let result = try await RunningTool.run(
                "unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", script])
            #expect(result.status == .exited(1), "\(result.errors)")
            let complaints = result.errorLines.filter { $0.contains("No space left") }
            #expect(complaints.count == 1, "\(result.errors)")
            let names = folder.names(in: "kept")
            #expect(!names.isEmpty)
            for name in names {
                #expect(name.hasSuffix(".ts"), "\(name) was left behind")
                let content = TemporaryFolder.contents(of: "\(folder("kept"))/\(name)")
                #expect(content == TemporaryFolder.contents(of: "\(folder("whole"))/\(name)"))
            }
        }
    }

    /// Whether a user may mount a file system of their own.
    private static let canMount =
        system("unshare --user --map-root-user --mount mount -t tmpfs tmpfs /mnt >/dev/null 2>&1") == 0
}
