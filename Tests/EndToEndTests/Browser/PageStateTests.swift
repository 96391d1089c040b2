import Foundation
import Testing
import TrickleTesting

/// What the page says when: its own decisions, told what is known. No channel and no clock has a part in it.
@Suite(.needsBrowser, .timeLimit(.minutes(TestLimit.minutes))) struct PageStateTests {
    /// A channel that plays, and nothing wrong with it.
    private static let live = """
        {
          name: 'cam', isThere: true, awaySince: 0, isListed: true, isKnown: true, isGone: false, endedAt: null, lastByteAt: 0,
          channel: {
            video: { codec: 'H.264' }, audio: null, contentType: 'video/MP2T', transportStream: true, idle: 0, keptBytes: 1000,
          },
          features: { mp4: true, frames: true }, problem: '', isShown: true,
        }
        """

    /// What changes in that, what the page calls it then, and what it says; an empty text is none.
    private static let cases: [(change: String, channel: String, state: String, text: String)] = [
        ("", "", "live", ""),
        ("isShown: false", "", "starting", ""),
        ("", "idle: 4.9", "live", ""),
        ("", "idle: 5", "silent", "Nothing has come since"),
        ("isShown: false", "idle: 60", "silent", "Nothing has come since"),
        ("problem: 'This browser cannot play it.'", "", "problem", "This browser cannot play it."),
        ("problem: 'This browser cannot play it.'", "idle: 60", "silent", "Nothing has come since"),
        ("features: { mp4: false }", "", "unplayed", "makes no MP4"),
        ("isThere: false", "idle: 60", "away", "The relay has not answered since"),
        ("isThere: false, isKnown: false", "", "away", "The relay has not answered since"),
        ("refusal: 401", "", "refused", "wants to know who you are"),
        ("refusal: 403, isThere: false", "", "refused", "does not tell you which channels there are"),
        ("isKnown: false, channel: undefined", "", "missing", "There is no channel “cam”"),
        ("isKnown: false, isListed: false, channel: undefined", "", "none", ""),
        ("isKnown: false, isGone: true, endedAt: 1000, channel: undefined", "", "ended", "“cam” has ended at "),
        ("isKnown: false, isGone: true, channel: undefined", "", "ended", "“cam” has ended. "),
        ("channel: undefined", "", "none", ""),
        ("name: null, isKnown: false, channel: undefined", "", "none", ""),
        // A listed video that does not come: packets, and nothing to show.
        ("", "video: null", "starting", "neither pictures nor sound"),
        ("", "video: null, transportStream: null", "starting", "neither pictures nor sound"),
        ("", "video: null, idle: 60", "silent", "Nothing has come since"),
        ("", "video: null, audio: { codec: 'AAC' }", "live", ""),
        // Text and other bytes come when they come.
        ("isShown: false", "video: null, transportStream: null, contentType: 'text/plain', idle: 600", "live", ""),
        ("isShown: false", "video: null, transportStream: null, contentType: 'application/ld+json'", "live", ""),
        ("", "video: null, transportStream: false, contentType: 'video/MP2T', idle: 600", "live", ""),
        ("", "video: null, transportStream: false, contentType: 'application/octet-stream'", "live", ""),
        // Pictures come when they come, too.
        ("", "video: null, transportStream: null, contentType: 'image/webp', idle: 600", "live", ""),
        ("isShown: false", "video: null, transportStream: null, contentType: 'image/webp'", "starting", ""),
        (
            "isShown: false", "video: null, transportStream: null, contentType: 'image/webp', keptBytes: 0", "starting",
            "Nothing has come yet"
        ),
        (
            "features: { mp4: true, frames: false }", "video: null, transportStream: null, contentType: 'image/webp'",
            "unplayed", "sends no pictures to web pages"
        ),
        ("", "video: null, transportStream: false, contentType: 'image/svg+xml'", "live", ""),
        (
            "", "video: null, transportStream: null, contentType: 'application/octet-stream', keptBytes: 0", "starting",
            "Nothing has come yet"
        ),
    ]

    @Test func `each situation has its words`() async throws {
        try await RelayProcess.with { relay in
            try await Browser.with { browser in
                try await browser.open(relay.url + "/")
                for (change, channel, state, text) in Self.cases {
                    // What a change says of the channel as a whole goes before.
                    let merged = "{ ...live, channel: { ...live.channel, \(channel) }, \(change) }"
                    let answer = try await browser.text(
                        of:
                            "(live => { const said = stateOf(\(merged)); return said.state + '|' + said.text; })(\(Self.live))"
                    )
                    let parts = answer.split(separator: "|", omittingEmptySubsequences: false)
                    #expect(parts.first.map(String.init) == state, "\(change) \(channel): \(answer)")
                    if text.isEmpty {
                        #expect(parts.last == "", "\(change) \(channel): \(answer)")
                    } else {
                        #expect(answer.contains(text), "\(change) \(channel): \(answer)")
                    }
                }
            }
        }
    }

    /// Links are anyone's to make: a name in one must stay a name in what is copied from the page.
    @Test func `a command that is copied gives the channel's name to the tool, and the shell runs nothing`()
        async throws
    {
        let names = [
            "cam", "a b", "it's", "$(touch hacked)", "`touch hacked`", "-n", "; touch hacked #", "a\nb", "\"\\", "~",
            "=x", "é*",
        ]
        try await RelayProcess.with { relay in
            try await Browser.with { browser in
                try await browser.open(relay.url + "/")
                for name in names {
                    let literal = String(decoding: try JSONEncoder().encode(name), as: UTF8.self)
                    let commands = try await browser.value(
                        of: "commands.publishing(\(literal)).map(row => row.text)")
                    for command in try #require(commands as? [String]) {
                        let shown = try await RunningTool.run(
                            "sh",
                            [
                                "-c",
                                "show() { printf '%s\\0' \"$@\"; }\nalias publish-file=show publish-pipe=show make=show\neval \"$1\"",
                                "sh", command,
                            ])
                        #expect(shown.status.isSuccess, "\(command): \(shown.errors)")
                        let words = shown.outputText.split(separator: "\0").map(String.init)
                        let isNamed =
                            words.contains("--stream=\(name)") || words.contains("stream=\(name)")
                            || zip(words, words.dropFirst()).contains { $0 == "--stream" && $1 == name }
                        #expect(isNamed, "\(command) says \(words)")
                    }
                }
            }
        }
    }
}
