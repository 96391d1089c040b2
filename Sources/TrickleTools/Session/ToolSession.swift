import Logging

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
}
