import ArgumentParser
import CommandFrame
import Subscribing

/// Writes each segment of a channel to a file of its own.
struct SubscriberExample: Tool {
    static let configuration = CommandConfiguration(
        commandName: "subscriber-example",
        abstract: "Write each segment of a trickle channel to a file of its own, SEQ.ts.",
        discussion: """
            A file has its final name only when its segment is whole. A file that is there already ends this, unless --force is given.

              subscriber-example cam --out recordings

            Without a channel's name, it takes the only channel that the relay has.

            \(ToolHelp.environment)
            """,
        version: TrickleVersion.current)

    @OptionGroup var channel: ChannelOptions
    @OptionGroup var relay: RelayOptions
    @OptionGroup var reading: ReadingOptions

    @Option(
        help: ArgumentHelp("The folder for the files; it is made if absent.", valueName: "folder"),
        completion: .directory)
    var out = "out-read"

    @Flag(help: "Replace files that are there already.")
    var force = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Where to begin: next, current, or a segment's number.", valueName: "segment"))
    var from = StartArgument(.current)

    @Option(help: ArgumentHelp("How many segments to read, instead of all that come.", valueName: "count"))
    var segments: Int?

    @OptionGroup(title: "Messages") var logOptions: LogOptions

    func validate() throws {
        if let segments, segments < 1 { throw ValidationError("--segments has to be at least 1") }
        if out.isEmpty { throw ValidationError("--out has to name a folder") }
    }

    var idleOptions: [IdleOption] { relay.idleOptions }

    func run(_ session: ToolSession) async throws {
        let channel = try await ChannelChoice.choose(
            channel, relay: relay, tool: "subscriber-example", session: session)
        let files = try SegmentFiles(folder: out, overwrites: force) { path in session.logger.info("wrote \(path)") }
        var job = ChannelReading(relay: relay, channel: channel, reading: reading, session: session)
        job.start = from.position
        job.segmentLimit = segments
        try await job.run(into: files, session: session)
    }
}

/// For the program that has all tools.
package let subscriberExample: any Tool.Type = SubscriberExample.self
