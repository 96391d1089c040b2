import ArgumentParser
import CommandFrame
import TestBench

/// Shows the whole suite at work, and checks it.
struct TrickleDemo: Tool {
    static let configuration = CommandConfiguration(
        commandName: "trickle-demo",
        abstract: "Send live video from ffmpeg through a relay and back out, and measure it.",
        discussion: """
            Everything runs as a process of its own: ffmpeg, publish-file, trickle-server, read2pipe, and ffmpeg again. Ends with exit \
            code 0 only if every frame and byte came through.
            """,
        version: TrickleVersion.current)

    @Option(help: ArgumentHelp("How long to run, instead of until Ctrl-C.", valueName: "count"))
    var seconds: Int?

    @Option(
        help: ArgumentHelp("The folder that the tools were built in, if it is not this one's own.", valueName: "folder")
    )
    var tools: String?

    @OptionGroup(title: "Messages") var logOptions: LogOptions

    static var endsBySignal: Bool { true }

    func validate() throws {
        if let seconds, seconds < 1 { throw ValidationError("--seconds has to be at least 1") }
    }

    func run(_ session: ToolSession) async throws {
        try await Demo(folder: tools ?? OwnExecutable.folder(with: "trickle-server"), seconds: seconds).run(session)
    }
}

/// For the program that has all tools.
package let trickleDemo: any Tool.Type = TrickleDemo.self
