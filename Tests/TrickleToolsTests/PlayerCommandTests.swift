import Testing

@testable import TrickleTools

@Suite struct PlayerCommandTests {
    @Test func `the player that is installed is taken, ffplay before mpv`() throws {
        let both = try PlayerCommand.choose(nil, title: "t", isInstalled: { _ in true }, hasDisplay: true)
        #expect(both.program == "ffplay")
        #expect(both.arguments.contains("nobuffer"))
        let mpv = try PlayerCommand.choose(nil, title: "t", isInstalled: { $0 == "mpv" }, hasDisplay: true)
        #expect(mpv.program == "mpv")
        #expect(mpv.arguments.last == "-")
        #expect(mpv.arguments.contains("--no-terminal"))
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
