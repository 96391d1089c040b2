import ArgumentParser
import CommandFrame
import Subscribing

/// Reads a channel and writes its media to standard output.
struct Read2pipe: Tool {
    static let configuration = CommandConfiguration(
        commandName: "read2pipe",
        abstract: "Read a trickle channel and write its media to standard output.",
        discussion: """
            Segments come in order and nothing is written twice. A reader that closes its end ends this with exit code 0.

              read2pipe cam | mpv --profile=low-latency --cache=no -
              read2pipe cam --from current --segments 1 > one.ts

            Without a channel's name, it takes the only channel that the relay has.

            \(ToolHelp.environment)
            """,
        version: TrickleVersion.current)

    @OptionGroup var channel: ChannelOptions
    @OptionGroup var relay: RelayOptions
    @OptionGroup var reading: ReadingOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Where to begin: next, current, a segment's number, or a negative number as on the wire (-1 next, -2 current).",
            valueName: "segment"))
    var from = StartArgument(.next)

    @Option(help: ArgumentHelp("How many segments to read, instead of all that come.", valueName: "count"))
    var segments: Int?

    @Option(
        help: ArgumentHelp(
            "How segments are given back: raw, lines (each ends with a line feed) or json (one document a line).",
            valueName: "format"))
    var segmentsAs = SegmentFormat.raw

    @OptionGroup(title: "Messages") var logOptions: LogOptions

    func validate() throws {
        if let segments, segments < 1 { throw ValidationError("--segments has to be at least 1") }
    }

    var idleOptions: [IdleOption] { relay.idleOptions }

    func run(_ session: ToolSession) async throws {
        let suggestion = "read2pipe \(channel.name.map { "\($0) " } ?? "")| ffplay -"
        let output =
            segmentsAs == .raw
            ? try StandardOutput.openForMedia(suggestion: suggestion) : try StandardOutput.open(suggestion: suggestion)
        let channel = try await ChannelChoice.choose(channel, relay: relay, tool: "read2pipe", session: session)
        var job = ChannelReading(relay: relay, channel: channel, reading: reading, session: session)
        job.start = from.position
        job.segmentLimit = segments
        try await job.run(into: FormattedSink(PipeSink(output), format: segmentsAs), session: session)
    }
}

/// For the program that has all tools.
package let read2pipe: any Tool.Type = Read2pipe.self
