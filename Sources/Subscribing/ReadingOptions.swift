import ArgumentParser
import CommandFrame

/// How a channel is read.
public struct ReadingOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "How long to wait for a channel that is not there yet, or a relay that does not answer yet.",
            valueName: "time"))
    public var wait = DurationArgument("10s")

    @Flag(help: "End with exit code 4 as soon as media is missing.")
    public var strict = false

    @Flag(help: "After falling out of what the relay keeps, go on at the oldest it has, instead of at the newest.")
    public var fromWindow = false

    public init() {}
}
