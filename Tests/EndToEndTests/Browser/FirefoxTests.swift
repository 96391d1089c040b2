import Testing
import TrickleTesting

/// The page in Firefox, over TLS and HTTP/2.
@Suite(
    .enabled(if: Firefox.isInstalled, "firefox-esr is not installed"), .needsFFmpeg,
    .timeLimit(.minutes(TestLimit.minutes)))
struct FirefoxTests {
    private let folder = TemporaryFolder()

    @Test func `pictures come over TLS, though a WebSocket is no part of HTTP-2`() async throws {
        try await SecureRelay.with { relay in
            try await Firefox.with { firefox in
                let page = PicturePage(browser: firefox, relay: relay.url, folder: folder)
                try await page.publish(.red)
                try await firefox.open("\(relay.url)/cam")
                try await page.shows(.red)
                try await page.publish(.green)
                try await page.shows(.green)
            }
        }
    }

    @Test func `a channel plays, and all of the page comes by HTTP-2`() async throws {
        let made = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-f", "lavfi", "-i", "smptebars=size=320x180:rate=25:duration=4", "-f",
                "lavfi", "-i", "sine=duration=4", "-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-pix_fmt",
                "yuv420p", "-c:a", "aac", folder("bars.ts"),
            ])
        try #require(made.status.isSuccess, "\(made.errors)")
        try await SecureRelay.with { relay in
            let publisher = try RunningTool(
                "publish-file",
                [
                    folder("bars.ts"), "--loop", "--stream", "bars", "--url", relay.url, "--ca-file",
                    relay.certificate, "--quiet",
                ])
            try await Firefox.with { firefox in
                try await firefox.open("\(relay.url)/bars")
                let video = "document.getElementById('video')"
                try await firefox.waits(
                    for: "\(video).getVideoPlaybackQuality().totalVideoFrames > 50 && \(video).currentTime > 2")
                let protocols = """
                    [...new Set(['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))
                      .map(entry => entry.nextHopProtocol))].join()
                    """
                #expect(try await firefox.value(of: protocols) as? String == "h2")
                try await firefox.open("\(relay.url)/")
                try await firefox.waits(for: "document.querySelector('.card img')?.naturalWidth === 480")
            }
            _ = await publisher.process.stop()
        }
    }
}
