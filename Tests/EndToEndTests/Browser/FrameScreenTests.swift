import Testing
import TrickleTesting

/// The page's own way of frames to the canvas: animation frames come when the test says so.
@Suite(.needsBrowser, .needsFFmpeg, .needsCurl, .timeLimit(.minutes(TestLimit.minutes))) struct FrameScreenTests {
    private let folder = TemporaryFolder()

    /// Counts the bitmaps that live, and keeps what waits for an animation frame.
    private static let watching = """
        (() => {
          window.due = [];
          window.alive = 0;
          window.requestAnimationFrame = action => due.push(action);
          const make = window.createImageBitmap, close = ImageBitmap.prototype.close;
          window.createImageBitmap = async blob => { const bitmap = await make(blob); alive++; return bitmap; };
          ImageBitmap.prototype.close = function () { alive--; close.call(this); };
        })()
        """

    @Test func `what a newer picture overtakes is dropped, and its memory given back`() async throws {
        try await RelayProcess.with(["--ingest-any"]) { relay in
            try await Browser.with { browser in
                let page = PicturePage(browser: browser, relay: relay.url, folder: folder)
                try await browser.open("\(relay.url)/")
                try await browser.value(of: Self.watching)
                try await page.publish(.red)
                try await browser.waits(for: "known.get('cam') !== undefined")
                try await browser.value(of: "go('cam')")
                try await browser.waits(for: "due.length === 1")
                for (count, picture) in [PicturePage.Picture.green, .blue].enumerated() {
                    try await page.publish(picture)
                    try await browser.waits(for: "pictures.dropped === \(count + 1)")
                    #expect(try await browser.number(of: "alive") == 1)
                    #expect(try await browser.number(of: "due.length") == 1)
                }
                try await browser.value(of: "due.shift()(), ''")
                try await page.shows(.blue)
                #expect(try await browser.number(of: "alive") == 0)
                #expect(try await browser.number(of: "pictures.shown.meta.seq") == 2)

                // What is no picture is passed over; the next is shown.
                let posted = try await RunningTool.run(
                    "curl", ["-sSf", "-H", "Content-Type: image/png", "-d", "no picture", "\(relay.url)/ingest/cam"])
                try #require(posted.status.isSuccess, "\(posted.errors)")
                try await page.publish(.red)
                try await browser.waits(for: "due.length === 1")
                // Whoever goes away keeps nothing.
                try await browser.value(of: "go(null)")
                #expect(try await browser.number(of: "alive") == 0)
                try await browser.value(of: "due.shift()(), ''")
                #expect(try await browser.number(of: "alive") == 0)
                let complaints = try await browser.errors()
                #expect(complaints == [])
            }
        }
    }

    @Test func `a picture that the browser cannot show is told of, until one comes that it can`() async throws {
        try await RelayProcess.with(["--ingest-any"]) { relay in
            try await Browser.with { browser in
                let page = PicturePage(browser: browser, relay: relay.url, folder: folder)
                let posted = try await RunningTool.run(
                    "curl",
                    ["-sSf", "-H", "Content-Type: image/x-thing", "-d", "no picture", "\(relay.url)/ingest/cam"])
                try #require(posted.status.isSuccess, "\(posted.errors)")
                try await browser.open("\(relay.url)/cam")
                try await browser.waits(for: PicturePage.isOf("cannot show what comes as a picture", "notice"))
                #expect(try await browser.value(of: "document.getElementById('retry').hidden") as? Bool == true)
                try await page.publish(.red)
                try await page.shows(.red)
                try await browser.waits(for: "condition.state === 'live' && document.getElementById('notice').hidden")
            }
        }
    }

    @Test func `the relay's clock is learnt from its answers, whatever their way takes`() async throws {
        try await RelayProcess.with { relay in
            try await Browser.with { browser in
                try await browser.open("\(relay.url)/")
                // Three answers, made as they came, 0.25 s before they were asked for, and 2 s before they came.
                let offset = """
                    (() => {
                      rest();
                      clock.answers = [];
                      clock.learn(1000.0, 900.0, 900.02);
                      clock.learn(1000.75, 901.0, 901.02);
                      clock.learn(1002.01, 902.0, 904.0);
                      return clockOffset;
                    })()
                    """
                #expect(abs(try await browser.number(of: offset) - 99.99) < 0.001)
            }
        }
    }
}
