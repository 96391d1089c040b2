import ChildProcesses
import Endings
import Logging
import MediaChildren
import Synchronization

/// The relay that the demo starts as a process of its own.
final class DemoRelay: Sendable {
    /// Its URL, with a slash at the end.
    let url: String
    private let child: LoggedChild

    /// Starts a relay on the usual port, or on a free one where that is taken.
    static func start(_ commands: DemoCommands, logger: Logger) async throws -> DemoRelay {
        if let relay = try await attempt(commands.server(port: 2939), logger: logger) { return relay }
        let second = try await attempt(commands.server(port: 0), logger: logger)
        guard let second else { throw ToolFailure("trickle-server does not start: try '\(commands.server(port: 0))'") }
        return second
    }

    func stop() async throws {
        child.requestEnd()
        try await child.succeed("go down")
    }

    private init(url: String, child: LoggedChild) {
        self.url = url.hasSuffix("/") ? url : "\(url)/"
        self.child = child
    }

    /// - Returns: nil if the relay ended instead of telling its URL.
    private static func attempt(_ command: ChildCommand, logger: Logger) async throws -> DemoRelay? {
        var quietLogger = logger
        if quietLogger.logLevel == .info { quietLogger.logLevel = .critical }
        let (urls, urlSource) = AsyncStream<String>.makeStream()
        let child = try LoggedChild(command, logger: quietLogger) { line in
            guard let start = line.firstRange(of: "http://")?.lowerBound else { return false }
            urlSource.yield(String(line[start...].prefix { !$0.isWhitespace && $0 != "\"" }))
            return true
        }
        let ending = Task {
            _ = await child.end()
            urlSource.finish()
        }
        for await url in urls { return DemoRelay(url: url, child: child) }
        await ending.value
        return nil
    }
}
