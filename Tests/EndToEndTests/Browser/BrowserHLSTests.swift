import Testing
import TrickleTesting

extension Trait where Self == ConditionTrait {
    /// The test needs a browser that plays HLS by itself, as Chromium does from 142 on.
    static var needsBrowserWithHLS: Self {
        .enabled("the browser plays no HLS by itself, or there is none") {
            guard Browser.isInstalled else { return false }
            var answer = ""
            try await Browser.with { browser in
                answer = try await browser.text(
                    of: "document.createElement('video').canPlayType('application/vnd.apple.mpegurl')")
            }
            return answer != ""
        }
    }
}

/// A plain `<video>` with a playlist.
@Suite(.needsBrowserWithHLS, .needsFFmpeg, .timeLimit(.minutes(TestLimit.minutes))) struct BrowserHLSTests {
    private let folder = TemporaryFolder()

    @Test(arguments: ["index.m3u8", "master.m3u8"])
    func `a browser plays the playlist without the page's player`(playlist: String) async throws {
        try await TestMedia.makeClip(at: folder("clip.mp4"))
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "publish-file", [folder("clip.mp4"), "--loop", "--stream", "cam", "--url", relay.url, "--quiet"])
            // Chromium gives up a live playlist of a single segment, whoever serves it.
            var segmentCount = 0
            while segmentCount < 3 {
                let text = try await RunningTool.run("curl", ["-s", "\(relay.url)/cam/index.m3u8"]).outputText
                segmentCount = text.ranges(of: "#EXTINF").count
                try await Task.sleep(for: .milliseconds(50))
            }
            try await Browser.with { browser in
                // The page's own policy holds for it, too.
                try await browser.open(relay.url + "/")
                try await browser.value(
                    of: """
                        document.body.append(Object.assign(document.createElement('video'),
                          { id: 'hls', muted: true, autoplay: true, src: '/cam/\(playlist)' }))
                        """)
                try await browser.waits(for: "hls.error !== null || hls.currentTime > 6")
                #expect(try await browser.text(of: "hls.error?.message ?? 'none'") == "none")
                #expect(try await browser.number(of: "hls.videoWidth") == 320)
                // Six seconds of 25 pictures, but for some that a busy machine passes over.
                #expect(try await browser.number(of: "hls.getVideoPlaybackQuality().totalVideoFrames") > 75)
                #expect(try await browser.number(of: "hls.webkitAudioDecodedByteCount") > 0)
                let complaints = try await browser.errors()
                #expect(complaints == [])
            }
            _ = await publisher.process.stop()
        }
    }
}
