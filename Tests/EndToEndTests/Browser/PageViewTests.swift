import Foundation
import Testing
import TrickleTesting

/// What the page shows of one channel, whatever becomes of it.
@Suite(.needsBrowser, .needsFFmpeg, .timeLimit(.minutes(TestLimit.minutes))) struct PageViewTests {
    private let folder = TemporaryFolder()
    private static let notice = "document.getElementById('notice').textContent"
    private static let video = "document.getElementById('video')"
    private static let frames = "\(video).getVideoPlaybackQuality().totalVideoFrames"
    private static func isHidden(_ id: String) -> String { "!document.getElementById('\(id)').checkVisibility()" }

    private func publish(as name: String, to relay: RelayProcess) throws -> RunningTool {
        try RunningTool(
            "publish-file", [folder("clip.mp4"), "--loop", "--stream", name, "--url", relay.url, "--quiet"])
    }

    private func post(_ body: String, to path: String, type: String = "text/plain", of relay: RelayProcess) async throws
    {
        let answer = try await RunningTool.run(
            "curl",
            ["-sSf", "-X", "POST", "-H", "Content-Type: \(type)", "--data-binary", body, "\(relay.url)/\(path)"])
        try #require(answer.status.isSuccess, "\(answer.errors)")
    }

    @Test func `a publisher that dies, goes on and ends is told of, and nothing old is shown as new`() async throws {
        try await TestMedia.makeClip(at: folder("clip.mp4"))
        try await RelayProcess.with { relay in
            var publisher = try publish(as: "cam", to: relay)
            try await Browser.with { browser in
                try await browser.open(relay.url + "/cam")
                try await browser.waits(for: "condition.state === 'live' && \(Self.frames) > 25")
                #expect(try await browser.value(of: Self.isHidden("notice")) as? Bool == true)
                #expect(try await browser.value(of: "\(Self.video).controls") as? Bool == true)

                publisher.process.signalGroup(SIGKILL)
                _ = await publisher.process.exitStatus()
                try await browser.waits(for: "condition.state === 'silent'")
                #expect(try await browser.text(of: Self.notice).hasPrefix("Nothing has come since "))
                #expect(try await browser.text(of: "document.getElementById('delay').textContent") == "")
                // A player's own wheel would say that something is about to come.
                #expect(try await browser.value(of: "\(Self.video).controls") as? Bool == false)
                let silentFacts = try await browser.text(of: "document.getElementById('facts').textContent")
                #expect(!silentFacts.contains("Bit rate") && silentFacts.contains("320×180"))

                publisher = try publish(as: "cam", to: relay)
                try await browser.waits(for: "condition.state === 'live' && \(Self.video).controls")
                let count = try await browser.number(of: Self.frames)
                try await browser.waits(for: "\(Self.frames) !== \(count) && \(Self.isHidden("notice"))")

                _ = await publisher.process.stop()
                try await browser.waits(for: "condition.state === 'ended'")
                #expect(try await browser.text(of: Self.notice).hasPrefix("“cam” has ended at "))
                #expect(try await browser.value(of: "\(Self.video).controls") as? Bool == false)
                for id in ["facts", "figures", "elsewhere", "sound", "delay"] {
                    #expect(
                        try await browser.value(
                            of: "\(Self.isHidden(id)) || document.getElementById('\(id)').textContent === ''")
                            as? Bool == true, "\(id)")
                }
            }
        }
    }

    @Test func `where there is nothing, the page says how to publish, and waits`() async throws {
        try await RelayProcess.with { relay in
            try await Browser.with { browser in
                try await browser.open(relay.url + "/")
                try await browser.waits(for: "\(Self.isHidden("how")) === false")
                let commands =
                    "[...document.querySelectorAll('#howRows code')].map(code => code.textContent).join('\\n')"
                #expect(
                    try await browser.text(of: commands).contains(
                        "publish-file clip.mp4 --loop --stream cam --url \(relay.url)"))
                // By a person's hand: browsers give no script the clipboard.
                try await browser.value(of: "document.querySelector('#howRows button').focus()")
                try await browser.press(Browser.enterKey)
                try await browser.waits(for: "document.querySelector('#howRows button').textContent === 'Copied'")
                #expect(try await browser.text(of: "String(getSelection())").hasPrefix("publish-file clip.mp4 "))

                try await browser.open(relay.url + "/nobody")
                try await browser.waits(for: "condition.state === 'missing'")
                #expect(try await browser.text(of: Self.notice).hasPrefix("There is no channel “nobody”."))
                #expect(try await browser.text(of: commands).contains("--stream nobody "))
                for id in ["stage", "text", "facts", "figures", "elsewhere", "other"] {
                    #expect(try await browser.value(of: Self.isHidden(id)) as? Bool == true, "\(id)")
                }

                try await post("hello\n", to: "nobody/0", of: relay)
                try await browser.waits(for: "document.getElementById('text').textContent === 'hello\\n'")
                try await browser.waits(for: "\(Self.isHidden("how")) && \(Self.isHidden("notice"))")
                #expect(try await browser.value(of: Self.isHidden("text")) as? Bool == false)
            }
        }
    }

    @Test func `a text channel begins with what the relay has, and goes on`() async throws {
        try await RelayProcess.with(["--window", "3", "--window-seconds", "0"]) { relay in
            for number in 0..<6 { try await post("line \(number)\n", to: "log/\(number)", of: relay) }
            let kept = try await RunningTool.run(
                "sh", ["-c", "for n in 0 1 2 3 4 5; do curl -sf \(relay.url)/log/$n || true; done"]
            ).outputText
            try #require(kept.hasSuffix("line 4\nline 5\n") && !kept.hasPrefix("line 0\n"))
            try await Browser.with { browser in
                try await browser.open(relay.url + "/log")
                let text = "document.getElementById('text').textContent"
                try await browser.waits(for: "\(text).includes('line 5')")
                #expect(try await browser.text(of: text) == kept)
                try await post("line 6\n", to: "log/6", of: relay)
                try await browser.waits(for: "\(text).includes('line 6')")
                #expect(try await browser.text(of: text) == kept + "line 6\n")
            }
        }
    }

    @Test func `a channel of other bytes says what it is`() async throws {
        try await RelayProcess.with { relay in
            try await post(
                String(repeating: "no packets ", count: 100), to: "blob/0", type: "application/x-thing", of: relay)
            try await Browser.with { browser in
                try await browser.open(relay.url + "/blob")
                try await browser.waits(for: "\(Self.isHidden("other")) === false")
                let text = try await browser.text(of: "document.getElementById('other').textContent")
                #expect(
                    text.contains("bytes of the type application/x-thing") && text.contains("1 segment of them, 1.1 kB")
                )
                #expect(text.contains("read2pipe --stream blob --url \(relay.url) > channel.bin"))
                #expect(try await browser.value(of: Self.isHidden("stage")) as? Bool == true)
            }
        }
    }

    /// Desktop, phone, and phone held sideways.
    private static let windows = [(1280, 800), (390, 844), (844, 390)]

    @Test(arguments: ["180x320", "320x180"])
    func `a picture has its own shape, and is seen whole in every window`(size: String) async throws {
        try await TestMedia.makeClip(at: folder("clip.mp4"), size: size)
        let sides = size.split(separator: "x").compactMap { Double($0) }
        try await RelayProcess.with { relay in
            let publisher = try publish(as: "cam", to: relay)
            try await Browser.with { browser in
                try await browser.open(relay.url + "/cam")
                try await browser.waits(for: "condition.state === 'live'")
                for (width, height) in Self.windows {
                    try await browser.resize(width: width, height: height)
                    try await browser.waits(for: "innerWidth === \(width)")
                    let box = "document.getElementById('stage').getBoundingClientRect()"
                    // The header's height is told a frame later.
                    try await browser.waits(
                        for: "\(box).bottom <= innerHeight && \(box).right <= innerWidth && scrollY === 0")
                    let shape = try await browser.number(of: "\(box).width / \(box).height")
                    #expect(abs(shape / (sides[0] / sides[1]) - 1) < 0.02, "\(shape) in \(width)×\(height)")
                    #expect(try await browser.number(of: "\(box).height") > 180)
                    #expect(
                        try await browser.value(
                            of: "document.getElementById('name').getBoundingClientRect().bottom <= \(box).top") as? Bool
                            == true)
                    #expect(try await browser.number(of: "document.documentElement.scrollWidth") <= Double(width))
                }
            }
            _ = await publisher.process.stop()
        }
    }

    @Test func `the addresses that browsers make are given back, and an endless stream is no link`() async throws {
        try await TestMedia.makeClip(at: folder("clip.mp4"))
        try await RelayProcess.with { relay in
            let publisher = try publish(as: "cam", to: relay)
            try await Browser.with { browser in
                try await browser.open(relay.url + "/")
                try await browser.value(
                    of: """
                        (() => {
                          window.made = 0;
                          window.alive = new Set();
                          const make = URL.createObjectURL, giveBack = URL.revokeObjectURL;
                          URL.createObjectURL = thing => { const url = make.call(URL, thing); made++; alive.add(url); return url; };
                          URL.revokeObjectURL = url => { alive.delete(url); giveBack.call(URL, url); };
                        })()
                        """)
                try await browser.waits(for: "made > 0 && document.querySelector('.card img').naturalWidth > 0")
                let pictures = try await browser.number(of: "made")
                try await browser.value(of: "document.querySelector('.card').click()")
                try await browser.waits(for: "condition.state === 'live' && \(Self.frames) > 5")
                #expect(try await browser.number(of: "made") > pictures)
                try await browser.waits(for: "alive.size === 0")

                try await browser.waits(for: "document.querySelectorAll('#links .row').length === 5")
                let addresses =
                    try await browser.value(
                        of: "[...document.querySelectorAll('#links code')].map(code => code.textContent)") as? [String]
                #expect(addresses?.contains("\(relay.url)/cam.ts") == true)
                let links = try await browser.value(of: "[...document.links].map(link => link.pathname)") as? [String]
                #expect(links?.contains("/cam/thumbnail.jpg") == true)
                #expect(links?.contains { $0.hasSuffix(".ts") || $0.hasSuffix(".mp4") } == false)
            }
            _ = await publisher.process.stop()
        }
    }

    @Test func `terms are explained to a pointer, and in a list to all others`() async throws {
        try await TestMedia.makeClip(at: folder("clip.mp4"))
        try await RelayProcess.with { relay in
            let publisher = try publish(as: "cam", to: relay)
            try await Browser.with { browser in
                try await browser.open(relay.url + "/cam")
                try await browser.waits(for: "document.getElementById('facts').textContent.includes('Keyframes')")
                let hints =
                    try await browser.value(
                        of: "[...document.querySelectorAll('#facts abbr[title]')].map(term => term.textContent)")
                    as? [String]
                #expect(hints?.contains("Keyframes") == true && hints?.contains("Bit rate") == true)
                try await browser.value(of: "document.querySelector('#glossary summary').focus()")
                try await browser.press(Browser.enterKey)
                try await browser.waits(for: "\(Self.isHidden("meanings")) === false")
                let explained =
                    try await browser.value(
                        of: "[...document.querySelectorAll('#meanings dt')].map(term => term.textContent)") as? [String]
                #expect(explained == ["Delay"] + (hints ?? []))
            }
            _ = await publisher.process.stop()
        }
    }
}
