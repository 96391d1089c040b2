import ChildProcesses

/// A `trickle-server`, as a process of its own on a free port.
public final class RelayProcess: Sendable {
    /// Its URL, without a slash at the end.
    public let url: String
    /// Where its metrics are, if it was told to have them.
    public let metricsURL: String?
    public let process: ChildProcess
    private let draining: Task<Void, any Error>
    package let said: SaidText

    /// - Parameters:
    ///   - arguments: Options besides the address.
    ///   - program: The path of `trickle-server`.
    /// - Throws: ``RelayProcessFailure`` when it does not listen.
    public static func start(
        _ arguments: [String] = [], address: String = "localhost:0", program: String
    ) async throws -> RelayProcess {
        try await start(ChildCommand(program, ["--addr", address] + arguments))
    }

    /// - Parameter command: whose standard error says at which URL the relay is.
    /// - Throws: ``RelayProcessFailure`` when it does not listen.
    public static func start(_ command: ChildCommand) async throws -> RelayProcess {
        let process = try ChildProcess(command, standardError: .pipe)
        guard let errors = process.standardError else { preconditionFailure("standard error is a pipe") }
        let reader = try DescriptorReader(errors, what: "what the relay says")
        let (urls, found) = AsyncStream<String>.makeStream()
        let said = SaidText()
        let draining = Task {
            defer { found.finish() }
            var splitter = LineSplitter()
            for try await piece in reader {
                said.add(piece)
                for line in splitter.receive(piece) {
                    let scheme = line.firstRange(of: "http://") ?? line.firstRange(of: "https://")
                    guard let start = scheme?.lowerBound else { continue }
                    found.yield(String(line[start...].prefix { !$0.isWhitespace && $0 != "\"" }))
                }
            }
        }
        var metricsURL: String?
        for await url in urls {
            // It says so before it says where it listens.
            if url.hasSuffix("/metrics") {
                metricsURL = url
                continue
            }
            return RelayProcess(
                url: url.hasSuffix("/") ? String(url.dropLast()) : url, metricsURL, process, draining, said)
        }
        throw await RelayProcessFailure(command: command, status: process.exitStatus())
    }

    private init(
        url: String, _ metricsURL: String?, _ process: ChildProcess, _ draining: Task<Void, any Error>,
        _ said: SaidText
    ) {
        self.url = url
        self.metricsURL = metricsURL
        self.process = process
        self.draining = draining
        self.said = said
    }

    /// Whether it has said that in its log.
    public func hasSaid(_ text: String) -> Bool { said.contains(text) }

    /// Ends it.
    ///
    /// - Returns: How it ended.
    @discardableResult
    public func stop() async -> ExitStatus { await process.stop() }
}

/// A relay that ended before it listened.
public struct RelayProcessFailure: Error, CustomStringConvertible {
    package let command: ChildCommand
    package let status: ExitStatus

    package init(command: ChildCommand, status: ExitStatus) {
        (self.command, self.status) = (command, status)
    }

    public var description: String { "\(command) ended with \(status) before it listened" }
}
