import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// The programs of this package under limits that are too small. What the system refuses is one line, and no signal and no hang.
@Suite(
    .enabled(if: BuiltTool.isInstalled("prlimit"), "prlimit is not installed"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct LimitedToolTests {
    private let folder = TemporaryFolder()

    /// As options of prlimit(1): too few threads, too few descriptors, too little memory, and enough. The tests themselves have more than six
    /// threads, so that no program gets one. Between that and enough others of the same user would decide.
    private static let limits: [String] = {
        // The system does not hold root to the limit of processes.
        let threads = geteuid() == 0 ? [] : (1...6).map { "--nproc=\($0)" }
        let descriptors = [4, 6, 10, 12, 16, 24, 32, 40, 48, 64].map { "--nofile=\($0)" }
        let memory = [64, 128, 192, 256, 320, 400, 512, 700].map { "--as=\($0 << 20)" }
        return threads + descriptors + memory
    }()

    private func run(_ limit: String, _ program: String, _ arguments: [String]) async throws {
        let result = try await RunningTool.run("prlimit", [limit, BuiltTool.path(program)] + arguments)
        // 3: there is no such channel. 127: the loader found no room for the program itself, and says so.
        guard case .exited(let code) = result.status, [0, 1, 2, 3, 64, 127].contains(code) else {
            Issue.record("\(program) under \(limit) \(result.status): \(result.errors)")
            return
        }
        guard code == 1 else { return }
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count == 1, "\(program) under \(limit) says: \(result.errors)")
    }

    @Test(arguments: [
        "publish-file", "publish-pipe", "read2pipe", "play", "subscriber-example", "publish-live", "pubsub-pipe",
        "restream",
    ])
    func `a tool that the system gives too little says so in one line`(tool: String) async throws {
        try await RelayProcess.with { relay in
            let url = ["--url", relay.url]
            for limit in Self.limits {
                let arguments: [String] =
                    switch tool {
                    case "publish-file": [folder("none.ts"), "--stream", "cam"] + url
                    case "publish-pipe": ["--stream", "lines"] + url
                    case "read2pipe", "play": ["--stream", "gone", "--wait", "0s"] + url
                    case "subscriber-example": ["--stream", "gone", "--wait", "0s", "--out", folder("out")] + url
                    case "restream": ["--config", folder("none.yaml")]
                    default: ["--no-such-option"]
                    }
                try await run(limit, tool, arguments)
            }
        }
    }

    @Test func `a relay that the system gives too little says so in one line, or goes on`() async throws {
        for limit in Self.limits {
            let relay = try RunningTool("prlimit", [limit, BuiltTool.path("trickle-server"), "--addr", "localhost:0"])
            while relay.process.endedWith == nil, !relay.hasSaid("listening on") {
                try await Task.sleep(for: .milliseconds(20))
            }
            _ = await relay.process.stop()
            let result = try await relay.finish()
            guard case .exited(let code) = result.status, [0, 1, 127].contains(code) else {
                Issue.record("trickle-server under \(limit) \(result.status): \(result.errors)")
                continue
            }
            let isTold = result.errors.contains("raise") || code == 127
            #expect(code == 0 || isTold, "trickle-server under \(limit) says: \(result.errors)")
        }
    }
}
