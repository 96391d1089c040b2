import ArgumentParser
import CommandFrame

/// The program that all client tools are, because each alone would be as large as all together.
///
/// Which of them it is says the name that it is called by, which a link has: `publish-file` is a link to `trickle`. By its own
/// name its first argument says it.
@main
struct Trickle: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trickle",
        abstract: "Publish and read live media over HTTP: all client tools in one program.",
        discussion: """
            'trickle publish-file …' is 'publish-file …', a link to this program, and so for each tool. The relay is a program of its own, \
            trickle-server.
            """,
        version: TrickleVersion.current,
        subcommands: ClientTools.all)

    static func main() {
        let called = CommandLine.arguments.first ?? ""
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let tool = ClientTools.named(called.split(separator: "/").last ?? "") { tool.start(arguments) }
        if let tool = ClientTools.named(arguments.first ?? "") { tool.start(Array(arguments.dropFirst())) }
        if let name = arguments.first, name != "help", !name.hasPrefix("-") {
            let similar = EditDistance.nearest(to: name, among: ClientTools.all.map { $0._commandName })
            refuse("there is no tool '\(name)'" + (similar.map { ": did you mean '\($0)'?" } ?? ""))
        }
        answer(arguments)
    }
}
