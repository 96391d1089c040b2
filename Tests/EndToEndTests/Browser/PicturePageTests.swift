import Testing
import TrickleTesting

/// The page shows a channel of pictures as they come.
@Suite(
    .enabled(if: !BrowserKind.installed.isEmpty, "neither chromium with chromedriver nor firefox is installed"),
    .needsFFmpeg, .needsCurl, .timeLimit(.minutes(TestLimit.minutes)))
struct PicturePageTests {
    private let folder = TemporaryFolder()
    private let downloads = TemporaryFolder()

    private func withPage(
        _ kind: BrowserKind, on relay: String, _ body: (PicturePage) async throws -> Void
    ) async throws {
        try await kind.with(downloads: downloads.path) { browser in
            try await body(PicturePage(browser: browser, relay: relay, folder: folder))
        }
    }

    /// Waits for a file of that name, with those bytes.
    private func hasSaved(_ name: String, _ bytes: [UInt8]) async throws {
        try await until { TemporaryFolder.contents(of: downloads(name)) == bytes }
    }

    @Test(arguments: BrowserKind.installed)
    func `the newest picture is shown, and what is captured is the picture as it came`(kind: BrowserKind) async throws {
        try await RelayProcess.with { relay in
            try await withPage(kind, on: relay.url) { page in
                let first = try await page.publish(.red)
                try await page.browser.open("\(relay.url)/cam")
                try await page.shows(.red)
                try await page.browser.waits(for: PicturePage.isOf("live", "badge"))
                try await page.browser.waits(for: PicturePage.isOf("Picture320×180", "facts"))
                #expect(
                    try await page.browser.value(of: "document.getElementById('video').checkVisibility()") as? Bool
                        == false)
                try await page.browser.value(of: "document.getElementById('capture').click()")
                try await hasSaved("cam-0.png", first)

                let second = try await page.publish(.green)
                try await page.shows(.green)
                // By a person's hand: browsers let no script save file after file.
                try await page.browser.press("c")
                try await hasSaved("cam-1.webp", second)
                let third = try await page.publish(.blue)
                try await page.shows(.blue)
                try await page.browser.press("c")
                try await hasSaved("cam-2.jpg", third)
                for word in ["Shown", "Dropped0", "Received", "Bit rate", "image/png"] {
                    try await page.browser.waits(for: PicturePage.isOf(word, "facts"))
                }

                // The list has the newest picture, too.
                try await page.browser.open("\(relay.url)/")
                try await page.browser.waits(for: "document.querySelector('.card img')?.naturalWidth === 320")
            }
        }
    }

    @Test(arguments: BrowserKind.installed)
    func `while pictures come, their delay is told`(kind: BrowserKind) async throws {
        try await RelayProcess.with { relay in
            try await withPage(kind, on: relay.url) { page in
                try await page.publish(.red)
                let script = """
                    while :; do
                      curl -s -o /dev/null -H 'Content-Type: image/png' --data-binary @\(folder("next")) \(relay.url)/ingest/cam
                    done
                    """
                let publisher = try RunningTool("sh", ["-c", script])
                try await page.browser.open("\(relay.url)/cam")
                try await page.browser.waits(
                    for: "/^delay [0-9.]+ m?s$/.test(document.getElementById('delay').textContent)")
                _ = await publisher.process.stop()
                // A picture that stands has none.
                try await page.browser.waits(for: "document.getElementById('delay').textContent === ''")
            }
        }
    }

    @Test(arguments: BrowserKind.installed)
    func `a page goes on when the relay is back, and when the channel begins again`(kind: BrowserKind) async throws {
        let first = try await RelayProcess.start(address: "\(OwnLoopbackAddress.make()):0")
        try await withPage(kind, on: first.url) { page in
            try await page.publish(.red)
            try await page.browser.open("\(first.url)/cam")
            try await page.shows(.red)

            let ended = try await RunningTool.run("curl", ["-sSf", "-X", "DELETE", "\(first.url)/cam"])
            try #require(ended.status.isSuccess, "\(ended.errors)")
            try await page.browser.waits(for: PicturePage.isOf("has ended", "notice"))
            try await page.publish(.green)
            try await page.shows(.green)
            try await page.browser.waits(for: PicturePage.isOf("live", "badge"))

            await first.stop()
            try await page.browser.waits(for: PicturePage.isOf("has not answered", "notice"))
            // What was shown last is still to be seen, and to be saved.
            try await page.shows(.green)
            #expect(
                try await page.browser.value(of: "document.getElementById('canvas').checkVisibility()") as? Bool == true
            )
            let second = try await RelayProcess.start(address: String(first.url.dropFirst("http://".count)))
            try await page.publish(.blue)
            try await page.shows(.blue)
            try await page.browser.waits(for: PicturePage.isOf("live", "badge"))
            await second.stop()
        }
    }

    @Test(arguments: BrowserKind.installed)
    func `a page that nobody sees asks for nothing, and goes on at once when it is seen`(kind: BrowserKind) async throws
    {
        try await RelayProcess.with { relay in
            try await withPage(kind, on: relay.url) { page in
                try await page.publish(.red)
                try await page.browser.open("\(relay.url)/cam")
                try await page.shows(.red)
                try await page.isWatched(by: 1)
                for picture in [PicturePage.Picture.green, .blue] {
                    try await page.hide(true)
                    try await page.isWatched(by: 0)
                    try await page.publish(picture)
                    try await page.isWatched(by: 0)
                    try await page.hide(false)
                    try await page.shows(picture)
                    try await page.isWatched(by: 1)
                }
            }
        }
    }

    @Test(arguments: BrowserKind.installed)
    func `a page that was let in by a token shows pictures, under any path`(kind: BrowserKind) async throws {
        let token = "page-token-of-pictures"
        TemporaryFolder.write("access:\n  - {allow: all, to: {token: \(token)}}\n".utf8, to: folder("relay.yaml"))
        try await RelayProcess.with(["--config", folder("relay.yaml"), "--path", "/media/live"]) { relay in
            try await withPage(kind, on: relay.url) { page in
                try await page.publish(.red, token: token)
                try await page.browser.open("\(relay.url)/cam?token=\(token)")
                try await page.shows(.red)
                try await page.publish(.blue, token: token)
                try await page.shows(.blue)
            }
        }
    }

    @Test(arguments: BrowserKind.installed)
    func `a channel that turns from pictures to text is read as text`(kind: BrowserKind) async throws {
        try await RelayProcess.with { relay in
            try await withPage(kind, on: relay.url) { page in
                try await page.publish(.red)
                try await page.browser.open("\(relay.url)/cam")
                try await page.shows(.red)
                for arguments in [
                    ["-X", "DELETE", "\(relay.url)/cam"],
                    ["-H", "Content-Type: text/plain", "-d", "hello", "\(relay.url)/cam/0"],
                ] {
                    let answer = try await RunningTool.run("curl", ["-sSf"] + arguments)
                    try #require(answer.status.isSuccess, "\(answer.errors)")
                }
                try await page.browser.waits(for: "document.getElementById('text').textContent === 'hello'")
                try await page.browser.waits(for: "!document.getElementById('canvas').checkVisibility()")
                #expect(try await page.browser.value(of: "document.getElementById('capture').hidden") as? Bool == true)
            }
        }
    }
}
