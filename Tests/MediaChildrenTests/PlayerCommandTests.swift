import Testing

@testable import Endings
@testable import MediaChildren

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite struct PlayerCommandTests {
    @Test func `the player that is installed is taken, ffplay before mpv`() throws {
        let both = try PlayerCommand.choose(nil, title: "t", isInstalled: { _ in true }, hasDisplay: true)
        #expect(both.program == "ffplay")
        #expect(both.arguments.last == "pipe:0")
        let mpv = try PlayerCommand.choose(nil, title: "t", isInstalled: { $0 == "mpv" }, hasDisplay: true)
        #expect(mpv.program == "mpv")
        #expect(mpv.arguments.last == "-")
        #expect(mpv.arguments.contains("--no-terminal"))
    }

    @Test func `ffplay keeps the keyframe that it looks at, and its clock does not wait for the network`() throws {
        let command = try PlayerCommand.choose("ffplay", title: "t", isInstalled: { _ in true }, hasDisplay: true)
        let arguments = command.arguments
        #expect(!arguments.contains("nobuffer"))
        for (option, value) in [("-analyzeduration", "500000"), ("-fpsprobesize", "0"), ("-sync", "ext")] {
            let index = try #require(arguments.firstIndex(of: option))
            #expect(arguments[index + 1] == value)
        }
    }

    @Test(arguments: [("ffplay", true), ("mpv", true), (nil, true), ("mpv -", false), ("vlc", false)])
    func `only players with options from here are hurried to the live edge`(choice: String?, isKnown: Bool) {
        #expect(PlayerCommand.isKnown(choice) == isKnown)
    }

    @Test func `the script for mpv is a file of its own, and goes away`() throws {
        let script = try #require(SpeedScript())
        #expect(script.path.hasSuffix(".lua"))
        #expect(access(script.path, R_OK) == 0)
        script.remove()
        #expect(access(script.path, F_OK) != 0)
    }

    @Test func `without any player, the error names some`() {
        let failure = #expect(throws: ToolFailure.self) {
            try PlayerCommand.choose(nil, title: "t", isInstalled: { _ in false }, hasDisplay: true)
        }
        #expect(failure?.message.contains("mpv") == true)
    }

    @Test(arguments: [
        ("vlc -", ["-"]), ("vlc", ["-"]), ("vlc --intf 'a b' -", ["--intf", "a b", "-"]),
        ("ffmpeg -i pipe:0 x", ["-i", "pipe:0", "x"]),
    ])
    func `any command plays, and reads standard input`(choice: String, arguments: [String]) throws {
        let command = try PlayerCommand.choose(choice, title: "t", isInstalled: { _ in true }, hasDisplay: false)
        #expect(command.arguments == arguments)
    }

    @Test func `a window needs a display`() {
        for player in ["ffplay", "mpv", nil] {
            #expect(throws: ToolFailure.self) {
                try PlayerCommand.choose(player, title: "t", isInstalled: { _ in true }, hasDisplay: false)
            }
        }
    }

    @Test(arguments: ["", "  ", "'open"])
    func `what is no command is a usage error`(choice: String) {
        let failure = #expect(throws: ToolFailure.self) {
            try PlayerCommand.choose(choice, title: "t", isInstalled: { _ in true }, hasDisplay: true)
        }
        #expect(failure?.exit == .usage)
    }
}
