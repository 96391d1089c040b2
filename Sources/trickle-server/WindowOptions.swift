import ArgumentParser
import CommandFrame
import TrickleRelay

/// What the relay keeps of each channel, and for how long.
struct WindowOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The newest segments of a channel that are kept, however old.", valueName: "count"))
    var window = 5

    @Option(help: ArgumentHelp("Segments younger than this are kept too.", valueName: "seconds"))
    var windowSeconds = DurationArgument("30s")

    @Option(
        help: ArgumentHelp(
            """
            The most that is kept of a channel; the oldest goes first. (default: 64MiB, or room for 8 of its largest \
            segments)
            """, valueName: "bytes"))
    var windowBytes: ByteCountArgument?

    @Option(help: ArgumentHelp("Close a channel to which nothing was published for this long.", valueName: "time"))
    var idleTimeout = DurationArgument("5m")

    @Option(help: ArgumentHelp("How long a closed channel's segments stay readable.", valueName: "time"))
    var drain = DurationArgument("10s")

    @Option(
        help: ArgumentHelp(
            "How long a publisher that said who it is may be gone before its segment ends as aborted.",
            valueName: "time"))
    var linger = DurationArgument("5s")

    @Option(
        help: ArgumentHelp(
            "How long a channel stays open for its publisher to come back that sent it as one body, and broke off.",
            valueName: "time"))
    var publisherLinger = DurationArgument("15s")

    func validate() throws {
        if window < 1 { throw ValidationError("--window has to be at least 1") }
    }

    func apply(to configuration: inout RelayConfiguration) {
        configuration.limits.windowCount = window
        configuration.limits.windowDuration = windowSeconds.duration
        configuration.limits.windowByteCount = windowBytes?.byteCount
        configuration.limits.idleTimeout = idleTimeout.duration
        configuration.limits.drainDuration = drain.duration
        configuration.limits.lingerDuration = linger.duration
        configuration.limits.publisherLingerDuration = publisherLinger.duration
    }
}
