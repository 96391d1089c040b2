import ChildProcesses
import Testing
import TrickleTesting

/// Real players of HLS, on a channel that is published while they play.
@Suite(.needsFFmpeg, .needsCurl, .timeLimit(.minutes(TestLimit.minutes))) struct HLSTests {
    private static let seconds = 8
    private let folder = TemporaryFolder()

    /// Publishes a clip in real time; `play` is called when its playlist can be had, and the channel ends with the clip.
    private func publish(_ play: (_ clip: String, _ url: String) async throws -> Void) async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: Self.seconds)
        // What has ended stays readable for the last player.
        try await RelayProcess.with(["--drain", "60s"]) { relay in
            let publisher = try RunningTool(
                "publish-file", [clip, "--stream", "cam", "--url", relay.url])
            let url = "\(relay.url)/cam/index.m3u8"
            while try await !RunningTool.run("curl", ["-sf", url]).status.isSuccess {
                try await Task.sleep(for: .milliseconds(20))
            }
            try await play(clip, url)
            let published = try await publisher.finish()
            #expect(published.status.isSuccess, "\(published.errors)")
        }
    }

    @Test(arguments: ["index.m3u8", "master.m3u8"])
    func `ffmpeg shows every frame of a live channel, and ends with it`(playlist: String) async throws {
        try await publish { clip, url in
            let url = url.replacing("index.m3u8", with: playlist)
            let copy = folder("copy.ts")
            let result = try await RunningTool.run(
                "ffmpeg",
                [
                    "-v", "warning", "-nostdin", "-live_start_index", "0", "-i", url, "-map", "0", "-c", "copy", "-f",
                    "mpegts", copy,
                ])
            #expect(result.status.isSuccess)
            #expect(result.errors == "")
            let (sent, received) = (try await FrameDigests(of: clip), try await FrameDigests(of: copy))
            #expect(sent.videoCount == Self.seconds * 25)
            #expect(received == sent)
        }
    }

    @Test(.needsGStreamer, arguments: ["index.m3u8", "master.m3u8"])
    func `GStreamer shows every frame of a live channel, and ends with it`(playlist: String) async throws {
        try await publish { clip, url in
            let url = url.replacing("index.m3u8", with: playlist)
            let copy = folder("copy.h264")
            let result = try await RunningTool.run(
                "gst-launch-1.0",
                [
                    "-q", "souphttpsrc", "location=\(url)", "!", "hlsdemux", "!", "tsdemux", "!",
                    "video/x-h264,stream-format=byte-stream", "!", "queue", "!", "filesink", "location=\(copy)",
                ], environment: ["GST_DEBUG": "2,structure:0", "GST_DEBUG_NO_COLOR": "1"])
            #expect(result.status.isSuccess)
            #expect(!result.errors.contains("WARN"), "\(result.errors)")
            let (sent, received) = (try await FrameDigests(of: clip), try await FrameDigests(of: copy))
            #expect(received.frames["v"] == sent.frames["v"])
        }
    }

    @Test func `a player that follows the parts has every packet that was published`() async throws {
        try await publish { clip, url in
            let folderURL = url.prefix(url.count - "index.m3u8".count)
            var playlist = try await fetch(url)
            var received: [UInt8] = []
            var place = (number: playlist.mediaSequence, offset: 0)
            while true {
                for (number, parts) in playlist.segments.map({ ($0.number, $0.parts) })
                    + [(playlist.nextNumber, playlist.openParts)]
                {
                    guard number >= place.number else { continue }
                    if number > place.number { place = (number, 0) }
                    for part in parts {
                        let (offset, count) = (try #require(part.offset), try #require(part.byteCount))
                        guard offset >= place.offset else { continue }
                        let answer = try await RunningTool.run(
                            "curl", ["-sf", "-r", "\(offset)-\(offset + count - 1)", "\(folderURL)\(part.uri)"])
                        received += answer.output
                        place.offset = offset + count
                    }
                }
                if playlist.isEnded { break }
                let next = try await fetch(
                    "\(url)?_HLS_msn=\(playlist.nextNumber)&_HLS_part=\(playlist.openParts.count)")
                #expect(next.problems(after: playlist) == [])
                playlist = next
            }
            let sent = try #require(TemporaryFolder.contents(of: clip))
            let comparison = TSComparison(output: received, input: sent, renumbered: [.pat, 0x1000])
            #expect(comparison.difference == nil)
            // A table of ffmpeg's own stands before those that belong to the first picture.
            #expect(comparison.skippedCount == 1)
        }
    }

    private func fetch(_ url: String) async throws -> MediaPlaylistText {
        let answer = try await RunningTool.run("curl", ["-sf", url])
        #expect(answer.status.isSuccess, "\(url)")
        let playlist = MediaPlaylistText(answer.outputText)
        #expect(playlist.problems == [], "\(answer.outputText)")
        return playlist
    }
}
