import Testing
import TrickleTesting

@Suite(.enabled(if: BuiltTool.isInstalled("make"), "make is not installed"), .timeLimit(.minutes(1)))
struct MakefileTests {
    private func make(_ arguments: String...) async throws -> ToolResult {
        try await RunningTool.run("make", ["--no-print-directory", "-C", BuiltTool.packageRoot] + arguments)
    }

    @Test func `help names every target with a line`() async throws {
        let help = try await make("help")
        #expect(help.status.isSuccess, "\(help.errors)")
        let targets = [
            "trickle-server", "publisher-ffmpeg", "play", "subscriber-example", "deps", "build", "test", "lint", "demo",
            "install", "help", "publisher", "pubsub-out", "pubsub-pipe", "publish-pipe", "restream", "stress",
        ]
        for target in targets {
            #expect(help.outputText.split(separator: "\n").contains { $0.contains("make \(target) ") })
        }
    }

    @Test func `publisher-ffmpeg without an input says so, and builds nothing`() async throws {
        let result = try await make("publisher-ffmpeg", "stream=a")
        #expect(!result.status.isSuccess)
        #expect(result.errors.contains("in= is missing"))
        let play = try await make("play")
        #expect(play.errors.contains("stream= is missing"))
    }
}
