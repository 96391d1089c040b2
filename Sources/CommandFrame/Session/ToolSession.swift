import Endings
import Logging
import TrickleKit

/// What every tool has at hand while it runs.
public struct ToolSession: Sendable {
    public let console: Console
    public let logger: Logger
    public let stop: StopRequest
    /// Whether the line of progress is drawn.
    public let showsProgress: Bool

    /// - Parameter tool: Its name, as it is typed.
    public init(tool: String, options: LogOptions, console: Console = Console(), stop: StopRequest = StopRequest()) {
        self.console = console
        self.stop = stop
        logger = Logger(label: tool) { _ in
            ConsoleLogHandler(tool: tool, console: console, format: options.logFormat, level: options.level)
        }
        showsProgress =
            switch options.progress {
            case .always: true
            case .never: false
            case .auto: console.isTerminal && !options.quiet && options.logFormat == .text
            }
    }

    /// The same with an end of its own, for one of several things that a tool does at once. Only the tool has a line of progress.
    package func with(stop: StopRequest, logger: Logger) -> ToolSession {
        ToolSession(console: console, logger: logger, stop: stop, showsProgress: false)
    }

    /// Says what went through, in the place of the line of progress.
    package func summarize(_ text: String) {
        console.clearProgress()
        logger.info("\(text)")
    }

    /// A logger whose lines say which channel they are about.
    package func logger(for channel: ChannelName) -> Logger {
        var logger = logger
        logger[metadataKey: "channel"] = "\(channel)"
        return logger
    }

    /// At the end of a publisher: whether all of it got through.
    ///
    /// - Throws: ``ToolFailure`` where it did not, and that is a failure.
    package func check(dropped: Int, isStrict: Bool) throws {
        guard isStrict, dropped > 0 else { return }
        throw ToolFailure("\(dropped) segments were lost on their way to the relay", exit: .dataLost)
    }

    private init(console: Console, logger: Logger, stop: StopRequest, showsProgress: Bool) {
        self.console = console
        self.logger = logger
        self.stop = stop
        self.showsProgress = showsProgress
    }
}
