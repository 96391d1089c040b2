import Testing
import TrickleTesting

/// What a video shows can be saved.
@Suite(
    .enabled(if: !BrowserKind.installed.isEmpty, "neither chromium with chromedriver nor firefox is installed"),
    .needsFFmpeg, .timeLimit(.minutes(TestLimit.minutes)))
struct SnapshotTests {
    private let folder = TemporaryFolder()
    private let downloads = TemporaryFolder()

    /// Blue on the left, yellow on the right, as they stay.
    private func makeClip() async throws {
        let made = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-f", "lavfi", "-i", "color=blue:size=160x180:rate=25:duration=4", "-f",
                "lavfi", "-i", "color=yellow:size=160x180:rate=25:duration=4", "-filter_complex", "hstack", "-c:v",
                "libx264", "-preset", "veryfast", "-g", "25", "-pix_fmt", "yuv420p", folder("clip.ts"),
            ])
        try #require(made.status.isSuccess, "\(made.errors)")
    }

    /// The file that the browser saved, once all of it is there: a PNG ends with an empty chunk.
    private func saved() async throws -> (name: String, bytes: [UInt8]) {
        while true {
            for name in downloads.names() where name.hasSuffix(".png") {
                let bytes = TemporaryFolder.contents(of: downloads(name)) ?? []
                if bytes.dropLast(4).suffix(4).elementsEqual("IEND".utf8) { return (name, bytes) }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test(arguments: BrowserKind.installed)
    func `a snapshot is the picture that is shown, in the video's own size`(kind: BrowserKind) async throws {
        try await makeClip()
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "publish-file", [folder("clip.ts"), "--loop", "--stream", "cam", "--url", relay.url, "--quiet"])
            try await kind.with(downloads: downloads.path) { browser in
                try await browser.open("\(relay.url)/cam")
                try await browser.waits(
                    for: "document.getElementById('video').getVideoPlaybackQuality().totalVideoFrames > 5")
                try await browser.waits(for: "!document.getElementById('capture').hidden")
                #expect(try await browser.text(of: "document.getElementById('capture').textContent") == "Snapshot")
                try await browser.press("c")
                let (name, bytes) = try await saved()
                #expect(name.hasPrefix("cam-20"))
                TemporaryFolder.write(bytes, to: folder("saved.png"))
                let decoded = try await RunningTool.run(
                    "ffmpeg",
                    [
                        "-v", "error", "-nostdin", "-i", folder("saved.png"), "-f", "rawvideo", "-pix_fmt", "rgb24",
                        "pipe:1",
                    ])
                try #require(decoded.output.count == 3 * 320 * 180)
                for (x, colour) in [(40, [0, 0, 255]), (280, [255, 255, 0])] {
                    let place = 3 * (90 * 320 + x)
                    for (value, wanted) in zip(decoded.output[place..<place + 3], colour) {
                        #expect(abs(Int(value) - wanted) < 30, "\(decoded.output[place..<place + 3]) at \(x)")
                    }
                }
            }
            _ = await publisher.process.stop()
        }
    }
}
