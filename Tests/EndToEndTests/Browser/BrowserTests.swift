import ChildProcesses
import Testing
import TrickleTesting

extension Trait where Self == ConditionTrait {
    /// The test needs a browser that can be driven.
    static var needsBrowser: Self {
        .enabled(if: Browser.isInstalled, "chromium or chromedriver is not installed")
    }
}

/// The page, in a browser.
@Suite(.needsBrowser, .needsFFmpeg, .needsProcessTable, .timeLimit(.minutes(TestLimit.minutes))) struct BrowserTests {
    private let folder = TemporaryFolder()
    private let hostileName = "<img src=x onerror=\"document.title='hacked'\">&'"
    private static let player = "document.getElementById('video')"
    private static let notice = "document.getElementById('notice').textContent"
    /// Keeps all answers that the page gets in `answers`: nothing is let go of just because it is forgotten.
    private static let keepingAnswers = """
        (() => {
          const ask = window.fetch, answers = window.answers = [];
          window.fetch = async (...wanted) => {
            const answer = await ask(...wanted);
            answers.push(answer);
            return answer;
          };
        })()
        """

    /// Bars that stay as they are, and a tone, again and again.
    private func makeClips() async throws {
        let picture = ["-f", "lavfi", "-i", "smptebars=size=320x180:rate=25:duration=4"]
        let sound = ["-f", "lavfi", "-i", "sine=frequency=440:duration=4"]
        let encoded = ["-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac"]
        // A browser has its own idea of the colours of pictures that do not tell.
        let colours = [
            "-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc",
            "bt709",
        ]
        for (name, arguments) in [("bars.ts", picture + sound + encoded + colours), ("tone.ts", sound + encoded)] {
            let result = try await RunningTool.run("ffmpeg", ["-v", "error", "-nostdin"] + arguments + [folder(name)])
            try #require(result.status.isSuccess, "\(result.errors)")
        }
    }

    private func publish(_ file: String, as name: String, to relay: RelayProcess) throws -> RunningTool {
        try RunningTool("publish-file", [folder(file), "--loop", "--stream", name, "--url", relay.url, "--quiet"])
    }

    /// The colours in the middle of the seven bars, as red, green and blue, of the source.
    private func sourceColours() async throws -> [[Double]] {
        let result = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-i", folder("bars.ts"), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt",
                "rgb24",
                "pipe:1",
            ])
        return (0..<7).map { bar in
            let place = 3 * (60 * 320 + 320 * (2 * bar + 1) / 14)
            return result.output[place..<place + 3].map(Double.init)
        }
    }

    /// The same, of what an element of the page shows.
    private func colours(_ element: String, in browser: Browser) async throws -> [[Double]] {
        let script = """
            (() => {
              const canvas = new OffscreenCanvas(320, 180);
              const context = canvas.getContext('2d');
              context.drawImage(\(element), 0, 0, 320, 180);
              return [...Array(7).keys()].map(bar =>
                [...context.getImageData(Math.floor(320 * (2 * bar + 1) / 14), 60, 1, 1).data].slice(0, 3));
            })()
            """
        return try await browser.value(of: script) as? [[Double]] ?? []
    }

    private func expectSame(_ seen: [[Double]], _ source: [[Double]]) throws {
        try #require(seen.count == source.count)
        for (first, second) in zip(seen.joined(), source.joined()) {
            #expect(abs(first - second) < 25, "\(seen) is not \(source)")
        }
    }

    @Test func `channels are shown with their pictures, and play at a click or a key`() async throws {
        try await makeClips()
        let source = try await sourceColours()
        try await RelayProcess.with { relay in
            let video = try publish("bars.ts", as: "bars", to: relay)
            let sound = try publish("tone.ts", as: "tone", to: relay)
            let text = try RunningTool(
                "publish-pipe",
                ["--stream", hostileName, "--content-type", "text/plain", "--url", relay.url, "--quiet"],
                standardInput: .pipe)
            let input = try DescriptorWriter(try #require(text.process.standardInput), what: "the pipe")
            _ = try await input.write(Array("one\n".utf8))
            try await Browser.with { browser in
                try await browser.open(relay.url + "/")
                try await browser.waits(for: "document.querySelectorAll('.card').length === 3")
                #expect(
                    try await browser.value(
                        of: "[...document.querySelectorAll('.card h2')].map(title => title.textContent)")
                        as? [String] == [hostileName, "bars", "tone"])
                let image = "document.querySelectorAll('.card img')[1]"
                try await browser.waits(for: "\(image).naturalWidth === 480")
                try expectSame(await colours(image, in: browser), source)
                try await browser.waits(
                    for: "document.querySelectorAll('.card .quiet')[2].textContent.includes('320×180')")

                // Video, by the keyboard: past the title and the first card.
                try await browser.press([Browser.tabKey, Browser.tabKey, Browser.tabKey, Browser.enterKey].joined())
                #expect(try await browser.text(of: "location.pathname") == "/bars")
                let frames = "\(Self.player).getVideoPlaybackQuality().totalVideoFrames"
                try await browser.waits(for: "\(frames) > 25")
                let time = try await browser.number(of: "\(Self.player).currentTime")
                let count = try await browser.number(of: frames)
                try await browser.waits(for: "\(Self.player).currentTime > \(time + 8) && \(frames) > \(count + 190)")
                try expectSame(await colours(Self.player, in: browser), source)
                #expect(try await browser.text(of: "document.getElementById('delay').textContent").hasPrefix("delay "))
                #expect(try await browser.number(of: "document.querySelectorAll('figure .curve[d^=M]').length") == 2)
                // One ffmpeg, and the guard that watches it.
                let children = ProcessTable.children(of: relay.process.pid).compactMap(ProcessTable.name)
                #expect(children.count { $0 == "ffmpeg" } == 1, "\(children)")

                // Sound.
                try await browser.press(Browser.escapeKey)
                try await browser.value(of: "document.querySelectorAll('.card')[2].click()")
                try await browser.waits(for: "\(Self.player).currentTime > 1 && \(Self.player).videoWidth === 0")

                // Text, which is only text.
                try await browser.value(of: "history.back()")
                try await browser.waits(for: "location.pathname === '/'")
                try await browser.value(of: "document.querySelectorAll('.card')[0].click()")
                try await browser.waits(for: "document.getElementById('text').hidden === false")
                var written = 0
                while try await !browser.text(of: "document.getElementById('text').textContent").contains("<b>line") {
                    written += 1
                    _ = try await input.write(Array("<b>line \(written)</b>\n".utf8))
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(try await browser.number(of: "document.querySelectorAll('b').length") == 0)
                #expect(try await browser.text(of: "document.title") == hostileName + " – trickle")
                let errors = try await browser.errors()
                #expect(errors == [])
            }
            // Nobody watches.
            while ProcessTable.children(of: relay.process.pid).contains(where: { ProcessTable.name(of: $0) == "ffmpeg" }
            ) {
                try await Task.sleep(for: .milliseconds(50))
            }
            input.close()
            for publisher in [video, sound, text] { _ = await publisher.process.stop() }
        }
    }

    @Test func `a channel that the browser cannot play is shown as a picture, and nobody watches it`() async throws {
        let result = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-f", "lavfi", "-i", "smptebars=size=320x180:rate=25:duration=4", "-c:v",
                "mpeg2video", "-g", "25", folder("old.ts"),
            ])
        try #require(result.status.isSuccess, "\(result.errors)")
        try await RelayProcess.with { relay in
            let publisher = try publish("old.ts", as: "old", to: relay)
            try await Browser.with { browser in
                try await browser.open(relay.url + "/")
                try await browser.waits(for: "cards.has('old')")
                try await browser.value(of: Self.keepingAnswers)
                try await browser.value(of: "document.querySelector('.card').click()")
                try await browser.waits(for: "\(Self.notice).includes('cannot play MPEG-2 video')")
                try await browser.waits(for: "\(Self.player).poster.endsWith('/old/thumbnail.jpg')")
                let report = """
                    (() => {
                      const request = new XMLHttpRequest();
                      request.open('GET', '/_api/channels?name=old', false);
                      request.send();
                      return JSON.parse(request.responseText).channels[0];
                    })()
                    """
                try await browser.waits(for: "\(report).viewers === 0")
            }
            _ = await publisher.process.stop()
        }
    }

    @Test func `channels that come and go, and the relay itself, are followed`() async throws {
        try await makeClips()
        let first = try await RelayProcess.start(address: "\(OwnLoopbackAddress.make()):0")
        let address = String(first.url.dropFirst("http://".count))
        var video = try publish("bars.ts", as: "bars", to: first)
        try await Browser.with { browser in
            try await browser.open(first.url + "/")
            try await browser.waits(for: "cards.has('bars')")
            for _ in 0..<2 {
                _ = try await RunningTool.run("curl", ["-sf", "-X", "POST", "\(first.url)/news"])
                try await browser.waits(for: "cards.has('news') && document.querySelectorAll('.card').length === 2")
                _ = try await RunningTool.run("curl", ["-sf", "-X", "DELETE", "\(first.url)/news"])
                try await browser.waits(for: "!cards.has('news') && document.querySelectorAll('.card').length === 1")
            }
            try await browser.open(first.url + "/bars")
            try await browser.waits(for: "\(Self.player).currentTime > 1")

            let source = try await browser.text(of: "\(Self.player).src")
            _ = await video.process.stop()
            try await browser.waits(for: "\(Self.notice).includes('has ended')")
            video = try publish("bars.ts", as: "bars", to: first)
            try await browser.waits(for: "document.getElementById('notice').hidden")
            let frames = "\(Self.player).getVideoPlaybackQuality().totalVideoFrames"
            try await browser.waits(for: "\(frames) > 25 && \(Self.player).src !== '\(source)'")
            let complaints = try await browser.errors()
            #expect(complaints == [])

            let later = try await browser.text(of: "\(Self.player).src")
            await first.stop()
            _ = await video.process.stop()
            try await browser.waits(for: "\(Self.notice).includes('has not answered')")
            let second = try await RelayProcess.start(address: address)
            video = try publish("bars.ts", as: "bars", to: second)
            try await browser.waits(for: "document.getElementById('notice').hidden")
            try await browser.waits(for: "\(frames) > 25 && \(Self.player).src !== '\(later)'")
            let errors = try await browser.errors()
            // What the browser itself says of a server that is away.
            #expect(errors.allSatisfy { $0.contains("Failed to load resource") }, "\(errors)")
            _ = await video.process.stop()
            await second.stop()
        }
    }
}
