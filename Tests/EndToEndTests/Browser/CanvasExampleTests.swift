import Testing
import TrickleTesting

/// `examples/canvas.html`, a page that is not the relay's own.
@Suite(
    .enabled(if: !BrowserKind.installed.isEmpty, "neither chromium with chromedriver nor firefox is installed"),
    .enabled(if: BuiltTool.isInstalled("python3"), "there is no Python for the HTTP server"), .needsFFmpeg, .needsCurl,
    .timeLimit(.minutes(TestLimit.minutes)))
struct CanvasExampleTests {
    private let folder = TemporaryFolder()
    private static let examples = "\(BuiltTool.packageRoot)/examples"

    /// Serves the examples from another port.
    private func withServer(_ body: (String) async throws -> Void) async throws {
        let port = try FreePort.take()
        let server = try RunningTool(
            "python3", ["-m", "http.server", "\(port)", "--bind", "127.0.0.1", "--directory", Self.examples])
        let url = "http://127.0.0.1:\(port)/canvas.html"
        while try await !RunningTool.run("curl", ["-sf", "-o", folder("page"), url]).status.isSuccess {
            try #require(server.process.endedWith == nil)
            try await Task.sleep(for: .milliseconds(50))
        }
        try await body(url)
        _ = await server.process.stop()
    }

    @Test(arguments: BrowserKind.installed)
    func `a page of another origin shows frames, and connects again`(kind: BrowserKind) async throws {
        try await withServer { url in
            for example in [url, "file://\(Self.examples)/canvas.html"] {
                let first = try await RelayProcess.start(address: "\(OwnLoopbackAddress.make()):0")
                let address = String(first.url.dropFirst("http://".count))
                try await kind.with { browser in
                    let page = PicturePage(browser: browser, relay: first.url, folder: folder)
                    // The channel may come later than its viewers.
                    try await browser.open("\(example)?url=ws://\(address)/cam/ws")
                    try await page.publish(.red)
                    try await page.shows(.red)
                    try await page.hide(true)
                    try await page.isWatched(by: 0)
                    try await page.publish(.green)
                    try await page.hide(false)
                    try await page.shows(.green)

                    await first.stop()
                    try await browser.waits(for: PicturePage.isOf("Trying again", "said"))
                    let second = try await RelayProcess.start(address: address)
                    try await page.publish(.blue)
                    try await page.shows(.blue)
                    await second.stop()
                }
            }
        }
    }
}
