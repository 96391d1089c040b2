import Testing
import TrickleCore

struct ChannelPatternTests {
    private func matches(_ pattern: String, _ name: String) throws -> Bool {
        try #require(ChannelPattern(pattern)).matches(try ChannelName(name))
    }

    @Test func aNameIsThatChannelAlone() throws {
        #expect(try matches("cam", "cam"))
        for other in ["camera2", "ca", "Cam", "cam ", "xcam"] { #expect(try !matches("cam", other), "\(other)") }
    }

    @Test func aStarAtTheEndIsAnyRest() throws {
        for name in ["cam", "cam1", "camera2", "cam*"] { #expect(try matches("cam*", name), "\(name)") }
        for other in ["ca", "xcam", "CAM1"] { #expect(try !matches("cam*", other), "\(other)") }
        for name in ["a", "_changes", "…"] { #expect(try matches("*", name)) }
        #expect(try matches("..*", "..."))
        #expect(try !matches("..*", ".x"))
    }

    @Test func namesAreBytes() throws {
        // One letter of two scalars, and the same letter of one.
        #expect(try !matches("e\u{301}", "\u{e9}"))
        // The accent is a part of the letter before it, but not of its bytes.
        #expect(try matches("e*", "e\u{301}"))
    }

    @Test(arguments: ["", "a*b", "**", "*a", "a/b", "a/*", "..", ".", "a\u{0}*", String(repeating: "a", count: 256)])
    func whatNoChannelCanBeCalledIsNoPattern(_ text: String) { #expect(ChannelPattern(text) == nil) }

    @Test(arguments: ["*", "cam", "cam*", "..*"]) func itPrintsAsItIsWritten(_ text: String) {
        #expect(ChannelPattern(text)?.description == text)
    }

    @Test(arguments: [
        ("*", "*", "*"), ("*", "cam", "cam"), ("cam*", "camera*", "camera*"), ("cam*", "cam", "cam"),
        ("cam", "cam", "cam"),
        ("cam*", "cam*", "cam*"), ("cam", "camera*", nil), ("cam", "hall", nil), ("cam*", "hall*", nil),
        ("cam", "ca", nil),
    ])
    func whatBothMatch(_ one: String, _ other: String, _ both: String?) throws {
        let (one, other) = (try #require(ChannelPattern(one)), try #require(ChannelPattern(other)))
        #expect(one.intersection(other)?.description == both)
        #expect(other.intersection(one)?.description == both)
    }

    @Test func patternsOfTheRelaysOwnChannels() throws {
        #expect(try #require(ChannelPattern("_mp4:*")).isInternal)
        #expect(try !#require(ChannelPattern("cam_*")).isInternal)
        #expect(!ChannelPattern.all.isInternal)
    }
}
