import ChildProcesses
import MPEGTS
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where `play` begins in a segment that has been open for long.
@Suite(.needsFFmpeg, .needsCurl, .timeLimit(.minutes(TestLimit.minutes))) struct LiveEdgeTests {
    private let folder = TemporaryFolder()

    /// Publishes the first part of a segment, starts `play`, publishes the rest when the player has begun, and gives what the player got.
    private func play(
        _ segment: [UInt8], openAt byteCount: Int, arguments: [String] = [], player name: String? = nil
    ) async throws -> [UInt8] {
        var output: [UInt8] = []
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "curl", ["-sfN", "-X", "POST", "-T", "-", "\(relay.url)/cam/0"], standardInput: .pipe)
            let input = try #require(publisher.process.standardInput)
            let writer = try DescriptorWriter(input, what: "curl")
            _ = try await writer.write(Array(segment[..<byteCount]))
            try await eventually {
                let head = try await RunningTool.run("curl", ["-sI", "\(relay.url)/cam/0"])
                return head.outputText.contains("Lp-Trickle-Size: \(byteCount)\r\n")
            }
            let path = folder("played")
            let player = try RunningTool(
                "play",
                ["--stream", "cam", "--url", relay.url, "--player", name ?? "sh -c 'cat > \(path)' -"] + arguments,
                environment: name.map { try environment(of: $0, writing: path) } ?? [:])
            try await eventually { TemporaryFolder.contents(of: path).map { !$0.isEmpty } ?? false }
            _ = try await writer.write(Array(segment[byteCount...]))
            writer.close()
            #expect(try await publisher.finish().status.isSuccess)
            _ = try await RunningTool.run("curl", ["-sf", "-X", "DELETE", "\(relay.url)/cam"])
            let result = try await player.finish()
            #expect(result.status.isSuccess, "\(result.errors)")
            output = try #require(TemporaryFolder.contents(of: path))
        }
        return output
    }

    /// An environment with a player of this name, which writes what it gets, and its arguments, to files.
    private func environment(of name: String, writing path: String) throws -> [String: String?] {
        TemporaryFolder.write("#!/bin/sh\necho \"$*\" > \(path).arguments\nexec cat > \(path)\n".utf8, to: folder(name))
        #expect(chmod(folder(name), 0o755) == 0)
        let search = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return ["PATH": "\(folder.path):\(search)", "DISPLAY": ":99"]
    }

    private func clip(seconds: Int, size: String = "640x360", gop: Int = 25) async throws -> [UInt8] {
        let path = folder("clip.ts")
        try await TestMedia.makeClip(at: path, seconds: seconds, size: size, gop: gop)
        return try #require(TemporaryFolder.contents(of: path))
    }

    /// How many packets stand before the last random access point of what is there.
    private func packetsBeforeLastPoint(_ bytes: ArraySlice<UInt8>) throws -> Int {
        var configuration = GOPSegmenter.Configuration()
        configuration.startsAtFirstRandomAccessPoint = false
        let recording = try TSRecording(Array(bytes), configuration)
        return recording.segments.dropLast().map(\.bytes.count).reduce(0, +) / TransportPacket.size
    }

    @Test(arguments: [(seconds: 4, size: "320x180"), (seconds: 40, size: "640x360")])
    func `the player begins at the last random access point of what is there`(
        seconds: Int, size: String
    ) async throws {
        let segment = try await clip(seconds: seconds, size: size)
        if seconds == 40 { #expect(segment.count > 3 << 20, "the clip is too short for more than one window") }
        // Within a packet, and within a GOP.
        let byteCount = segment.count * 3 / 4 / 188 * 188 + 100
        let played = try await play(segment, openAt: byteCount)
        let comparison = TSComparison(output: played, input: segment, renumbered: [.pat, 0x1000])
        #expect(comparison.difference == nil)
        let before = try packetsBeforeLastPoint(segment[..<byteCount])
        #expect(comparison.skippedCount == before)
        #expect(comparison.skippedCount > segment.count / 188 / 2)
    }

    @Test func `a segment of one GOP is played from its only random access point`() async throws {
        let segment = try await clip(seconds: 20, gop: 10_000)
        #expect(segment.count > 3 << 19)
        let played = try await play(segment, openAt: segment.count - 1000)
        // A table of ffmpeg's own stands before those that belong to the picture.
        #expect(played == Array(segment.dropFirst(TransportPacket.size)))
    }

    @Test func `what is no transport stream is played from its beginning`() async throws {
        let segment = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
        #expect(try await play(segment, openAt: 150_000) == segment)
    }

    @Test func `whoever asks for a number gets the whole segment`() async throws {
        let segment = try await clip(seconds: 4, size: "320x180")
        #expect(try await play(segment, openAt: segment.count / 2, arguments: ["--from", "0"]) == segment)
    }

    @Test(arguments: ["ffplay", "mpv"])
    func `players that are known get the pictures before the edge with time stamps directly before it`(
        name: String
    ) async throws {
        let segment = try await clip(seconds: 20, gop: 10_000)
        let byteCount = segment.count - 1000
        let played = try await play(segment, openAt: byteCount, player: name)
        // A table of ffmpeg's own stands before those that belong to the picture.
        let start = Array(segment[TransportPacket.size..<byteCount])
        #expect(played == CatchUp.hurried(start) + segment[byteCount...])
        #expect(played != Array(segment.dropFirst(TransportPacket.size)))
        let arguments = String(decoding: TemporaryFolder.contents(of: folder("played.arguments")) ?? [], as: UTF8.self)
        let script = arguments.split(separator: " ").first { $0.hasPrefix("--script=") }
        #expect((script != nil) == (name == "mpv"))
        // Nothing stays behind, not even of a player that does not read it.
        if let script { #expect(access(String(script.dropFirst("--script=".count)), F_OK) != 0) }
        // All of them are still decoded.
        let path = folder("played")
        let probe = try await RunningTool.run(
            "ffprobe",
            [
                "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames", "-of",
                "csv=p=0", path,
            ])
        #expect(probe.outputText.split(whereSeparator: \.isWhitespace).first == "\(20 * 25)")
        #expect(probe.errors.isEmpty)
    }

    @Test func `a player that is known is not hurried from a number on`() async throws {
        let segment = try await clip(seconds: 4, size: "320x180", gop: 10_000)
        let played = try await play(segment, openAt: segment.count / 2, arguments: ["--from", "0"], player: "ffplay")
        #expect(played == segment)
    }
}
