import ChildProcesses
import Foundation
import MPEGTS
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

@Suite(.needsFFmpeg, .timeLimit(.minutes(TestLimit.minutes))) struct RoundTripTests {
    private let folder = TemporaryFolder()

    /// Publishes a file as fast as possible, with a reader that came before, and tells what the reader wrote.
    private func carry(_ input: String, _ relay: RelayProcess, arguments: [String] = []) async throws -> String {
        let output = folder("out.ts")
        let reader = try RunningTool(
            "read2pipe", ["--stream", "clip", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"],
            outputFile: .open(output, O_WRONLY | O_CREAT | O_TRUNC))
        let publisher = try await RunningTool.run(
            "publish-file", [input, "--stream", "clip", "--url", relay.url, "--no-realtime"] + arguments)
        #expect(publisher.status.isSuccess, "\(publisher.errors)")
        let read = try await reader.finish()
        #expect(read.status.isSuccess, "\(read.errors)")
        return output
    }

    /// What is left of a file when ffmpeg alone turns it into a transport stream. (The frame with which an AAC encoder warms up is
    /// hidden by an MP4 file, and cannot be in a transport stream.)
    private func remuxed(_ clip: String) async throws -> String {
        let path = folder("remuxed.ts")
        let result = try await RunningTool.run(
            "ffmpeg", ["-v", "error", "-nostdin", "-y", "-i", clip, "-map", "0", "-c", "copy", "-f", "mpegts", path])
        #expect(result.status.isSuccess, "\(result.errors)")
        return path
    }

    @Test(arguments: ["mp4", "ts", "mkv"])
    func `every frame of a clip comes out as it went in`(container: String) async throws {
        let clip = folder("clip.\(container)")
        try await TestMedia.makeClip(at: clip)
        try await RelayProcess.with { relay in
            let sent = try await FrameDigests(of: remuxed(clip))
            // A transport stream is published as it is: from its first packet only where that is asked for.
            let arguments = container == "ts" ? ["--from-start"] : []
            let received = try await FrameDigests(of: carry(clip, relay, arguments: arguments))
            #expect(sent.videoCount == 100)
            #expect(sent.audioCount > 100)
            #expect(received == sent)
        }
    }

    @Test func `a transport stream that is looped goes on in time, and each of its rounds is whole`() async throws {
        let (clip, output) = (folder("clip.ts"), folder("out.ts"))
        try await TestMedia.makeClip(at: clip, seconds: 2)
        // A part of a packet at its end is told of once.
        TemporaryFolder.write((TemporaryFolder.contents(of: clip) ?? []) + [0x47, 0x41], to: clip)
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "publish-file", [clip, "cam", "--url", relay.url, "--loop", "--no-realtime", "--on-slow", "wait"])
            let reader = try RunningTool(
                "read2pipe",
                ["cam", "--url", relay.url, "--from", "next", "--wait", "10m", "--segments", "8", "--strict"],
                outputFile: .open(output, O_WRONLY | O_CREAT | O_TRUNC))
            let read = try await reader.finish()
            #expect(read.status.isSuccess, "\(read.errors)")
            publisher.process.signalGroup(SIGTERM)
            let published = try await publisher.finish()
            #expect(published.errorLines.count { $0.contains("warning") } == 1, "\(published.errors)")
        }
        let round = try await FrameDigests(of: clip).frames["v"] ?? []
        #expect(round.count == 50)
        // The reader may have come to the second of a round's two segments.
        let turned = Array(round[25...] + round[..<25])
        let frames = try await FrameDigests(of: output).frames["v"]
        #expect([round, turned].contains { frames == $0 + $0 + $0 + $0 })
        for stream in ["v", "a"] {
            let probed = try await RunningTool.run(
                "ffprobe",
                [
                    "-v", "error", "-select_streams", stream, "-show_entries", "packet=dts_time", "-of", "csv=p=0",
                    output,
                ])
            let times = probed.outputText.split(whereSeparator: \.isNewline).compactMap {
                Double($0.prefix { $0 != "," })
            }
            let steps = zip(times, times.dropFirst()).map { $1 - $0 }
            // Pictures and sound of a clip do not end at the same time.
            #expect(steps.count > 50 && steps.allSatisfy { $0 > 0 && $0 < 0.5 }, "\(steps)")
        }
    }

    @Test(arguments: [true, false])
    func `a looped file that has no time any more is told as that, and not read for ever`(isEmptied: Bool)
        async throws
    {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: 2)
        try await RelayProcess.with { relay in
            let publisher = try RunningTool("publish-file", [clip, "cam", "--url", relay.url, "--loop"])
            while !publisher.hasSaid("publishes"), publisher.process.endedWith == nil {
                try await Task.sleep(for: .milliseconds(20))
            }
            // In the place of the file: what is being read stays as it was.
            var stream = TSBuilder()
            if !isEmptied { for _ in 0..<1_000 { stream.null() } }
            TemporaryFolder.write(stream.bytes, to: folder("other.ts"))
            #expect(rename(folder("other.ts"), clip) == 0)
            let result = try await publisher.finish()
            #expect(result.status == .exited(1))
            let problem = isEmptied ? "the input is empty" : "'\(clip)' cannot be looped: it has no time stamps"
            #expect(result.errors.contains("publish-file: error: \(problem)"), "\(result.errors)")
            #expect(result.errorLines.count < 5, "\(result.errors)")
        }
    }

    @Test func `what goes into a named pipe comes out, and its writer is not cut off`() async throws {
        let (clip, pipe, output) = (folder("clip.ts"), folder("pipe.ts"), folder("out.ts"))
        try await TestMedia.makeClip(at: clip)
        #expect(mkfifo(pipe, 0o600) == 0)
        try await RelayProcess.with { relay in
            let reader = try RunningTool(
                "read2pipe", ["--stream", "clip", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"],
                outputFile: .open(output, O_WRONLY | O_CREAT | O_TRUNC))
            let publisher = try RunningTool("publish-file", [pipe, "--stream", "clip", "--url", relay.url])
            let writer = try await RunningTool.run("sh", ["-c", "cat \(clip) > \(pipe)"])
            #expect(writer.status.isSuccess, "\(writer.errors)")
            let published = try await publisher.finish()
            #expect(published.status.isSuccess, "\(published.errors)")
            #expect(try await reader.finish().status.isSuccess)
            #expect(try await FrameDigests(of: output) == FrameDigests(of: clip))
        }
    }

    @Test(.needsCaptures, arguments: TestMedia.captures)
    func `every frame of a capture comes out as it went in`(name: String) async throws {
        let clip = "\(try #require(TestMedia.folder))/\(name)"
        try await RelayProcess.with { relay in
            let sent = try await FrameDigests(of: clip)
            let arguments = name.hasSuffix(".ts") ? ["--from-start"] : []
            let received = try await FrameDigests(of: carry(clip, relay, arguments: arguments))
            #expect(sent.videoCount > 100)
            #expect(received == sent)
        }
    }

    @Test(.needsCaptures, arguments: TestMedia.transportStreams)
    func `every packet of a capture comes out as it was, whatever it carries`(name: String) async throws {
        let clip = "\(try #require(TestMedia.folder))/\(name)"
        try await RelayProcess.with { relay in
            let output = try await carry(clip, relay, arguments: ["--from-start"])
            let received = try #require(TemporaryFolder.contents(of: output))
            let sent = try #require(TemporaryFolder.contents(of: clip))
            let tables = try await tablePIDs(of: clip)
            let comparison = TSComparison(output: received, input: sent, renumbered: tables)
            #expect(comparison.difference == nil)
            #expect(comparison.skippedCount == 0)
            #expect(TSComparison.continuityErrors(received) == TSComparison.continuityErrors(sent))
        }
    }

    /// The PIDs whose packets may be repeated: those of the tables.
    private func tablePIDs(of clip: String) async throws -> Set<PID> {
        let report = try await RunningTool.run("publish-file", [clip, "--probe", "--json"])
        struct Report: Decodable {
            struct Program: Decodable {
                var mapPID: UInt16
            }
            var programs: [Program]
        }
        let programs = try JSONDecoder().decode(Report.self, from: Data(report.output)).programs
        return Set([.pat] + programs.map { PID($0.mapPID) })
    }

    @Test func `a transport stream is published without ffmpeg, at the speed at which it is played`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: 3)
        try await RelayProcess.with { relay in
            let reader = try RunningTool(
                "read2pipe", ["--stream", "clip", "--url", relay.url, "--from", "0", "--wait", "10m"])
            let start = ContinuousClock.now
            let publisher = try await RunningTool.run(
                "publish-file", [clip, "--stream", "clip", "--url", relay.url, "--from-start"],
                environment: ["PATH": "/nonexistent"])
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            // It can take longer on a busy machine, but never less.
            #expect(ContinuousClock.now - start > .seconds(2))
            #expect(try await reader.finish().output == TemporaryFolder.contents(of: clip))
        }
    }

    @Test func `a transport stream in real time ends at once when it is told to`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: 20)
        try await RelayProcess.with { relay in
            let reader = try RunningTool(
                "read2pipe", ["--stream", "clip", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"])
            let publisher = try RunningTool("publish-file", [clip, "--stream", "clip", "--url", relay.url])
            #expect(await reader.hasWritten(atLeast: 30_000))
            publisher.process.signalGroup(SIGINT)
            #expect(try await publisher.finish().status == .exited(130))
            let output = try await reader.finish().output
            #expect(output.count % 188 == 0)
            #expect(output.count < TemporaryFolder.contents(of: clip)!.count)
        }
    }

    @Test(arguments: [(["--program", "2"], [2]), (["--program", "all"], [1, 2]), ([], [1])] as [([String], [Int])])
    func `of two programs, the one that was chosen decides where to cut, and all are passed on`(
        arguments: [String], deciding: [Int]
    ) async throws {
        let clip = folder("two.ts")
        let made = try await RunningTool.run(
            "ffmpeg",
            ["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=s=192x108:r=25:d=6", "-filter_complex"]
                + ["[0:v]split[a][b]", "-map", "[a]", "-map", "[b]", "-c:v", "libx264", "-preset", "ultrafast"]
                + ["-sc_threshold", "0", "-g:v:0", "25", "-g:v:1", "75", "-program", "program_num=1:st=0"]
                + ["-program", "program_num=2:st=1", "-f", "mpegts", clip])
        #expect(made.status.isSuccess, "\(made.errors)")
        try await RelayProcess.with { relay in
            let output = try await carry(clip, relay, arguments: arguments + ["--from-start"])
            let published = try await FrameDigests(of: output)
            #expect(published == (try await FrameDigests(of: clip)))
            let report = try await RunningTool.run("publish-file", [output, "--probe", "--json"] + arguments)
            struct Report: Decodable { var segmentCount: Int }
            let count = try JSONDecoder().decode(Report.self, from: Data(report.output)).segmentCount
            #expect(count == (deciding == [2] ? 2 : 6))
        }
    }

    @Test func `standard input is published without ffmpeg, byte for byte`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip)
        try await RelayProcess.with { relay in
            let reader = try RunningTool(
                "read2pipe", ["--stream", "clip", "--url", relay.url, "--from", "0", "--wait", "10m"])
            let input = try OwnedDescriptor.open(clip, O_RDONLY)
            let publisher = try RunningTool(
                "publish-file", ["--stream", "clip", "--url", relay.url, "--from-start"],
                environment: ["PATH": "/nonexistent"], standardInput: .descriptor(input.rawValue))
            #expect(try await publisher.finish().status.isSuccess)
            #expect(try await reader.finish().output == TemporaryFolder.contents(of: clip))
        }
    }

    @Test func `a codec that MPEG-TS cannot carry is encoded`() async throws {
        let clip = folder("clip.avi")
        let made = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=3", "-c:v",
                "mjpeg", clip,
            ])
        #expect(made.status.isSuccess, "\(made.errors)")
        try await RelayProcess.with { relay in
            let output = try await carry(clip, relay, arguments: ["--gop", "1s"])
            let streams = try await RunningTool.run(
                "ffprobe", ["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", output])
            #expect(streams.outputText.contains("h264"))
            #expect(try await FrameDigests(of: output).videoCount == 75)
            let next = try await RunningTool.run("curl", ["-s", "\(relay.url)/_channels"])
            #expect(next.status.isSuccess)
        }
    }

    @Test(.needsCaptures) func `the files of subscriber-example decode on their own from their first frame`()
        async throws
    {
        let clip = "\(try #require(TestMedia.folder))/broadcast-h264-1080-mp2.ts"
        try await checkFiles(of: clip, segmentCount: 2)
    }

    @Test func `a file is written for each GOP, and each decodes on its own`() async throws {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip)
        try await checkFiles(of: clip, segmentCount: 4)
    }

    private func checkFiles(of clip: String, segmentCount: Int) async throws {
        let out = folder("deep/out")
        try await RelayProcess.with { relay in
            let subscriber = try RunningTool(
                "subscriber-example",
                ["--stream", "clip", "--url", relay.url, "--from", "0", "--wait", "10m", "--out", out])
            let publisher = try await RunningTool.run(
                "publish-file", [clip, "--stream", "clip", "--url", relay.url, "--no-realtime"])
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            let result = try await subscriber.finish()
            #expect(result.status.isSuccess, "\(result.errors)")
        }
        let names = folder.names(in: "deep/out")
        #expect(names == (0..<segmentCount).map { "\($0).ts" })
        var frameCount = 0
        for name in names {
            let decoding = try await RunningTool.run(
                "ffmpeg", ["-v", "error", "-nostdin", "-i", "\(out)/\(name)", "-map", "0:v", "-f", "null", "-"])
            #expect(decoding.errors.isEmpty)
            let first = try await RunningTool.run(
                "ffprobe",
                [
                    "-v", "error", "-select_streams", "v:0", "-read_intervals", "%+#1", "-show_entries",
                    "frame=key_frame",
                    "-of", "csv=p=0", "\(out)/\(name)",
                ])
            #expect(first.outputText.hasPrefix("1"))
            frameCount += try await FrameDigests(of: "\(out)/\(name)").videoCount
        }
        let whole = try await FrameDigests(of: clip)
        #expect(frameCount == whole.videoCount)
    }

    @Test func `a second run goes on with the numbers of the first`() async throws {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip, seconds: 2)
        try await RelayProcess.with { relay in
            for run in 1...2 {
                let publisher = try await RunningTool.run(
                    "publish-file", [clip, "--stream", "clip", "--url", relay.url, "--no-realtime", "--keep-open"])
                #expect(publisher.status.isSuccess, "\(publisher.errors)")
                let next = try await RunningTool.run("curl", ["-s", "\(relay.url)/clip/next"])
                #expect(next.outputText.filter(\.isNumber) == "\(2 * run)")
            }
        }
    }

    @Test func `fifty readers of one publisher read the same bytes`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: 3)
        try await RelayProcess.with { relay in
            let readers = try (0..<50).map { _ in
                try RunningTool(
                    "read2pipe", ["--stream", "clip", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"])
            }
            let publisher = try await RunningTool.run("publish-file", [clip, "--stream", "clip", "--url", relay.url])
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            var outputs: Set<[UInt8]> = []
            for reader in readers {
                let result = try await reader.finish()
                #expect(result.status.isSuccess, "\(result.errors)")
                outputs.insert(result.output)
            }
            #expect(outputs.count == 1)
            #expect(outputs.allSatisfy { $0.count > 10_000 })
        }
    }

    @Test func `a base path and an IPv6 address work for all`() async throws {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip, seconds: 1)
        try await RelayProcess.with(["--path", "/live/eu"], address: "[::1]:0") { relay in
            #expect(relay.url.hasPrefix("http://[::1]:"))
            #expect(relay.url.hasSuffix("/live/eu"))
            let received = try await FrameDigests(of: carry(clip, relay))
            #expect(received.videoCount == 25)
        }
    }
}
