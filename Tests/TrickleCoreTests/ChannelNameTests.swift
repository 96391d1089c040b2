import Testing
import TrickleCore

@Suite struct ChannelNameTests {
    @Test(arguments: ["cam", "a.b", "...", "café", "with space", "100%", "cam.ts", String(repeating: "x", count: 255)])
    func aNameSurvivesTheWayThroughAPath(text: String) throws {
        let name = try ChannelName(text)
        #expect(try ChannelName(percentEncoded: name.percentEncoded.utf8) == name)
        #expect(name.percentEncoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") })
    }

    @Test(arguments: [
        "", ".", "..", "a/b", "a\u{0}b", "a\nb", "a\u{7F}", "\u{85}", String(repeating: "x", count: 256),
        String(repeating: "é", count: 128),
    ])
    func aNameThatIsNoPathPartIsRefused(text: String) {
        #expect(throws: InvalidChannelName.self) { try ChannelName(text) }
    }

    @Test func namesAreComparedByTheirBytes() throws {
        let composed = try ChannelName("caf\u{E9}")
        let decomposed = try ChannelName("cafe\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(
            [composed, try ChannelName("cafz"), decomposed].sorted() == [decomposed, try ChannelName("cafz"), composed])
    }

    @Test func namesThatBeginWithAnUnderscoreAreTheRelaysOwn() throws {
        #expect(try ChannelName("_changes").isInternal)
        #expect(try !ChannelName("a_").isInternal)
    }

    @Test func whatIsMadeFromAChannelKnowsItsOrigin() throws {
        let channel = try ChannelName("a:b")
        #expect(ChannelName.derived("mp4", from: channel).origin == channel)
        for name in ["a:b", "cam", "_changes", "_mp4:", "_mp4:.."] {
            #expect(try ChannelName(name).origin == nil, "\(name)")
        }
    }
}
