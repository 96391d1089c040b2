import ArgumentParser
import Testing

@testable import CommandFrame

@Suite struct EnvironmentArgumentsTests {
    private struct Command: ParsableCommand {
        @Argument var input: String?
        @Option var url = "default"
        @Option var logFormat = "text"
        @Option(parsing: .unconditional) var from = "next"
        @Option var header: [String] = []
        @Flag var noRealtime = false
    }

    private func parse(_ arguments: [String] = [], _ variables: [String: String]) throws -> Command {
        try Command.parse(EnvironmentArguments(for: Command.self, variables: variables).complete(arguments))
    }

    @Test func `every long option can come from the environment`() throws {
        let command = try parse([
            "TRICKLE_URL": "a", "TRICKLE_LOG_FORMAT": "json", "TRICKLE_FROM": "-2", "TRICKLE_NO_REALTIME": "1",
        ])
        #expect(command.url == "a")
        #expect(command.logFormat == "json")
        #expect(command.from == "-2")
        #expect(command.noRealtime)
    }

    private func parse(_ variables: [String: String]) throws -> Command { try parse([], variables) }

    @Test(arguments: [["--url", "b"], ["--url=b"]])
    func `the command line wins over the environment`(arguments: [String]) throws {
        #expect(try parse(arguments, ["TRICKLE_URL": "a"]).url == "b")
    }

    @Test func `repeated options come one a line`() throws {
        #expect(try parse(["TRICKLE_HEADER": "A: 1\nB: 2\n"]).header == ["A: 1", "B: 2"])
        #expect(try parse(["--header", "C: 3"], ["TRICKLE_HEADER": "A: 1"]).header == ["C: 3"])
    }

    @Test func `a flag can be switched off, and anything but a switch is an error`() throws {
        #expect(try !parse(["TRICKLE_NO_REALTIME": "0"]).noRealtime)
        #expect(throws: (any Error).self) { try parse(["TRICKLE_NO_REALTIME": "perhaps"]) }
    }

    @Test(arguments: ["--help", "-h", "--version", "--generate-completion-script"])
    func `whoever asks how a tool is used need not have its variables right`(question: String) throws {
        let environment = EnvironmentArguments(for: Command.self, variables: ["TRICKLE_NO_REALTIME": "perhaps"])
        #expect(try environment.complete([question]) == [question])
        #expect(throws: (any Error).self) { try environment.complete(["--", question]) }
    }

    @Test func `arguments, other variables and empty ones are left alone`() throws {
        let command = try parse(
            ["--", "--url"], ["TRICKLE_INPUT": "x", "TRICKLE_OTHER": "y", "URL": "z", "TRICKLE_URL": ""])
        #expect(command.input == "--url")
        #expect(command.url == "default")
    }
}
