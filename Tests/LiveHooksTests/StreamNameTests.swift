import Testing

@testable import LiveHooks

/// Names that a media server's hook brings.
@Suite struct StreamNameTests {
    @Test(arguments: [
        "..", "a/../b", "./a", "a//b", "%2e%2e", "a%2fb", "a?b", "a#b", "a\\b", "a\nb", "a\u{7F}", "a\u{202E}b",
        "a/\u{301}/..", "",
    ])
    func `a name that could leave the source's path is refused`(name: String) {
        #expect(throws: (any Error).self) { try LiveStreams.channel(for: name) }
    }

    @Test(arguments: [("live/cam", "live-cam"), ("cam 1", "cam 1"), ("a..b", "a..b"), ("a/\u{301}b", "a-\u{301}b")])
    func `other names become those of channels`(name: String, channel: String) throws {
        #expect(try LiveStreams.channel(for: name).text == channel)
    }
}
