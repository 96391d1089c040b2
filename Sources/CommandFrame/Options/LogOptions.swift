import ArgumentParser
import Logging

/// How log lines are written.
public enum LogFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case text, json
}

/// When the line of progress is drawn.
public enum ProgressChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
    case auto, always, never
}

/// What a tool says on standard error.
public struct LogOptions: ParsableArguments, Sendable {
    @Flag(help: "Say nothing but errors.")
    public var quiet = false

    @Flag(help: "Say more.")
    public var verbose = false

    @Option(help: ArgumentHelp("How log lines look: text or json.", valueName: "format"))
    public var logFormat = LogFormat.text

    @Option(help: ArgumentHelp("A line of progress: auto (on a terminal), always or never.", valueName: "when"))
    public var progress = ProgressChoice.auto

    public init() {}

    public func validate() throws {
        if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other") }
    }

    /// The least level that is written.
    public var level: Logger.Level {
        if quiet { return .error }
        return verbose ? .debug : .info
    }
}
