import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Senders that know nothing but a URL, and publish with one request to `/NAME/live.ts`.
@Suite(.serialized, .needsFFmpeg, .needsCurl, .timeLimit(.minutes(TestLimit.minutes))) struct LiveDoorTests {
    private let folder = TemporaryFolder()

    /// A stream as a channel should hold it: all from the first table on.
    private func published(_ path: String) throws -> [UInt8] {
        let bytes = try #require(TemporaryFolder.contents(of: path))
        let first = stride(from: 0, to: bytes.count, by: 188).first { bytes[$0 + 1] & 0x1F == 0 && bytes[$0 + 2] == 0 }
        return try Array(bytes[#require(first)...])
    }

    /// Reads a channel from its beginning to its end, into a file.
    private func reader(_ relay: RelayProcess, _ output: String) throws -> RunningTool {
        try RunningTool(
            "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"],
            outputFile: .open(output, O_WRONLY | O_CREAT))
    }

    private func expectSame(_ path: String, as expected: [UInt8]) throws {
        let output = try #require(TemporaryFolder.contents(of: path))
        let comparison = TSComparison(output: output, input: expected, renumbered: [])
        #expect(comparison.difference == nil)
        #expect(comparison.skippedCount == 0)
        #expect(output.count == expected.count)
    }

    // MARK: Senders

    @Test(arguments: [[], ["-method", "PUT"]])
    func `what ffmpeg sends comes out packet for packet`(method: [String]) async throws {
        try await TestMedia.makeClip(at: folder("clip.mp4"), seconds: 3)
        let muxing = ["-v", "error", "-nostdin"]
        let format = ["-i", folder("clip.mp4"), "-c", "copy", "-f", "mpegts"]
        let file = try await RunningTool.run("ffmpeg", muxing + format + [folder("clip.ts")])
        #expect(file.status.isSuccess, "\(file.errors)")
        try await RelayProcess.with { relay in
            let reader = try reader(relay, folder("out.ts"))
            let sender = try await RunningTool.run(
                "ffmpeg", muxing + ["-re"] + format + method + ["\(relay.url)/cam/live.ts"])
            #expect(sender.status.isSuccess && sender.errors == "", "\(sender.errors)")
            let read = try await reader.finish()
            #expect(read.status.isSuccess, "\(read.errors)")
        }
        try expectSame(folder("out.ts"), as: published(folder("clip.ts")))
    }

    @Test func `a file that curl sends comes out packet for packet`() async throws {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 3)
        try await sendWithCurl(folder("clip.ts"), expected: published(folder("clip.ts")))
    }

    @Test(.needsCaptures, arguments: TestMedia.transportStreams)
    func `a broadcast that curl sends is cut as a file is, packet for packet`(name: String) async throws {
        let path = "\(try #require(TestMedia.folder))/\(name)"
        // It begins in the middle: what comes before the first picture that stands alone is nobody's.
        let cut = try TSRecording(#require(TemporaryFolder.contents(of: path)))
        try await sendWithCurl(path, expected: cut.bytes)
    }

    private func sendWithCurl(_ clip: String, expected: [UInt8]) async throws {
        try await RelayProcess.with { relay in
            let reader = try reader(relay, folder("out.ts"))
            let sender = try await RunningTool.run("curl", ["-sS", "-f", "-T", clip, "\(relay.url)/cam/live.ts"])
            #expect(sender.outputText.hasPrefix("published "), "\(sender.errors)")
            let read = try await reader.finish()
            #expect(read.status.isSuccess, "\(read.errors)")
        }
        try expectSame(folder("out.ts"), as: expected)
    }

    // MARK: Encrypted

    /// Has a sender publish over TLS, and reads that over TLS.
    ///
    /// - Returns: What the sender wrote.
    @discardableResult private func sendSecurely(
        _ clip: String, _ sender: String, _ arguments: (SecureRelay, _ door: String) -> [String]
    ) async throws -> String {
        var written = ""
        try await SecureRelay.with { relay in
            let reader = try RunningTool(
                "read2pipe",
                [
                    "cam", "--url", relay.url, "--ca-file", relay.certificate, "--from", "0", "--wait", "10m",
                    "--strict",
                ], outputFile: .open(folder("out.ts"), O_WRONLY | O_CREAT))
            let sender = try await RunningTool.run(sender, arguments(relay, "\(relay.url)/cam/live.ts"))
            written = sender.outputText
            #expect(sender.status.isSuccess && sender.errors == "", "\(sender.errors)")
            let read = try await reader.finish()
            #expect(read.status.isSuccess, "\(read.errors)")
        }
        try expectSame(folder("out.ts"), as: published(clip))
        return written
    }

    @Test(arguments: ["--http1.1", "--http2"])
    func `a file that curl sends over TLS comes out packet for packet`(version: String) async throws {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 3)
        let spoken = try await sendSecurely(folder("clip.ts"), "curl") { relay, door in
            let output = ["-o", "/dev/null", "-w", "%{http_version}"]
            return ["-sS", "-f", version, "--cacert", relay.certificate, "-T", folder("clip.ts"), door] + output
        }
        #expect(spoken == (version == "--http2" ? "2" : "1.1"))
    }

    @Test func `what ffmpeg sends over TLS comes out packet for packet`() async throws {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 3)
        let copying = ["-v", "error", "-nostdin", "-i", folder("clip.ts"), "-c", "copy", "-f", "mpegts"]
        let file = try await RunningTool.run("ffmpeg", copying + [folder("copy.ts")])
        #expect(file.status.isSuccess, "\(file.errors)")
        try await sendSecurely(folder("copy.ts"), "ffmpeg") { relay, door in
            copying + ["-ca_file", relay.certificate, "-tls_verify", "1", door]
        }
    }

    @Test(.needsGStreamerElements("filesrc", "curlhttpsink"))
    func `what GStreamer's curlhttpsink sends comes out packet for packet`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: 3)
        try await RelayProcess.with { relay in
            let reader = try reader(relay, folder("out.ts"))
            let sender = try await RunningTool.run(
                "gst-launch-1.0",
                ["-q", "filesrc", "location=\(clip)", "!", "curlhttpsink", "location=\(relay.url)/cam/live.ts"])
            #expect(sender.status.isSuccess, "\(sender.errors)")
            let read = try await reader.finish()
            #expect(read.status.isSuccess, "\(read.errors)")
        }
        try expectSame(folder("out.ts"), as: published(clip))
    }

    /// It puts each buffer by itself. At the end of a stream it does not wait for what it still has: its input stays open here, and
    /// empty packets behind the clip push that through.
    @Test(.needsGStreamerElements("fdsrc", "souphttpclientsink"))
    func `what GStreamer's souphttpclientsink sends in many requests comes out packet for packet`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: 2)
        let expected = try published(clip)
        var sent = try #require(TemporaryFolder.contents(of: clip))
        for _ in 0..<1000 { sent += [0x47, 0x1F, 0xFF, 0x10] + [UInt8](repeating: 0xFF, count: 184) }
        try await RelayProcess.with(["--publisher-linger", "5s"]) { relay in
            let reader = try RunningTool(
                "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"])
            let sender = try RunningTool(
                "gst-launch-1.0",
                ["-q", "fdsrc", "fd=0", "!", "souphttpclientsink", "location=\(relay.url)/cam/live.ts?parts=1"],
                standardInput: .pipe)
            let input = try DescriptorWriter(#require(sender.process.standardInput), what: "GStreamer")
            _ = try await input.write(sent)
            #expect(await reader.hasWritten(atLeast: expected.count))
            input.close()
            // libsoup 3.2 now and then aborts as it drops the request that is under way at the end: only an answer counts.
            let sending = try await sender.finish()
            #expect(!sending.errors.contains("ERROR: from element"), "\(sending.status): \(sending.errors)")
            // No further part comes: the channel ends.
            let read = try await reader.finish()
            #expect(read.status.isSuccess, "\(read.errors)")
            let comparison = TSComparison(
                output: Array(read.output.prefix(expected.count)), input: expected, renumbered: [])
            #expect(comparison.difference == nil)
            #expect(comparison.skippedCount == 0)
        }
    }

    // MARK: Broken off

    @Test(arguments: [1, 100, 187])
    func `a viewer goes on over a sender that is killed in a packet and comes back`(cut: Int) async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip)
        let bytes = try #require(TemporaryFolder.contents(of: clip))
        try await RelayProcess.with(["--window", "100"]) { relay in
            let door = "\(relay.url)/cam/live.ts?pace=none"
            let sender = try RunningTool("curl", ["-sS", "-T", "-", door], standardInput: .pipe)
            let input = try DescriptorWriter(#require(sender.process.standardInput), what: "curl")
            _ = try await input.write(Array(bytes.prefix(bytes.count / 376 * 188 + cut)))
            try await eventually {
                try await RunningTool.run("curl", ["-sf", "\(relay.url)/cam/next"]).status.isSuccess
            }
            let viewer = try RunningTool("curl", ["-sfN", "-o", folder("out.ts"), "\(relay.url)/cam.ts"])
            try await eventually { TemporaryFolder.contents(of: folder("out.ts"))?.isEmpty == false }
            kill(sender.process.pid, SIGKILL)
            _ = try await sender.finish()
            try await eventually { relay.hasSaid("its publisher broke off") }
            let second = try await RunningTool.run("curl", ["-sS", "-f", "-T", clip, door])
            #expect(second.outputText == "published 4 segments of 'cam'\n", "\(second.errors)")
            #expect(try await viewer.finish().status.isSuccess)
        }
        let output = try #require(TemporaryFolder.contents(of: folder("out.ts")))
        #expect(output.count.isMultiple(of: 188))
        #expect(TSComparison.continuityErrors(output).isEmpty)
        let sent = try #require(try await FrameDigests(of: clip).frames["v"])
        let seen = try #require(try await FrameDigests(of: folder("out.ts")).frames["v"])
        #expect(seen.count > sent.count)
        #expect(Array(seen.suffix(sent.count)) == sent)
    }

    // MARK: Many

    @Test(arguments: ["&pace=none", ""])
    func `twenty publish at once, and each channel is whole`(pace: String) async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: 3, size: "160x90")
        let expected = try published(clip)
        try await RelayProcess.with { relay in
            let senders = try (1...20).map { number in
                try RunningTool(
                    "curl", ["-sS", "-f", "-T", clip, "\(relay.url)/cam\(number)/live.ts?keep-open=1\(pace)"])
            }
            for (index, sender) in senders.enumerated() {
                let result = try await sender.finish()
                #expect(result.outputText == "published 3 segments of 'cam\(index + 1)'\n", "\(result.errors)")
            }
            for number in 1...20 {
                let kept = try await RunningTool.run("curl", ["-sf", "\(relay.url)/cam\(number)/[0-2]"])
                let comparison = TSComparison(output: kept.output, input: expected, renumbered: [])
                #expect(comparison.difference == nil && comparison.skippedCount == 0, "cam\(number)")
                #expect(kept.output.count == expected.count)
            }
        }
    }
}
