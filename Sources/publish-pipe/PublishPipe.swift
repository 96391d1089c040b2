import ArgumentParser
import CommandFrame
import Publishing

/// Publishes what comes on standard input, whatever it is.
struct PublishPipe: Tool {
    static let configuration = CommandConfiguration(
        commandName: "publish-pipe",
        abstract: "Publish lines, JSON or any bytes from standard input to a trickle channel.",
        discussion: """
            Bytes go out as they come; the split says where one segment ends and the next begins.

              journalctl -f | publish-pipe --stream logs
              tail -f events.ndjson | publish-pipe --stream events --split json
              arecord -f cd | publish-pipe --stream sound --split time=500ms --content-type audio/wav
              read2pipe --stream events --segments-as json | jq .

            \(ToolHelp.environment)
            """,
        version: TrickleVersion.current)

    @OptionGroup var channel: ChannelOptions
    @OptionGroup var relay: RelayOptions

    @Option(
        help: ArgumentHelp(
            "What a segment is: lines, json (one document), time=500ms, bytes=64KiB, or ts (MPEG-TS, at its keyframes).",
            valueName: "split"))
    var split = PipeSplit.lines

    @Option(help: ArgumentHelp("The media type of the segments. (default: by the split)", valueName: "type"))
    var contentType: String?

    @Option(
        help: ArgumentHelp(
            "Put the lines or documents of so much time into one segment; 0 gives each its own.", valueName: "time"))
    var batch = DurationArgument("0s")

    @Flag(help: "Leave the channel open at the end, for a later run to go on.")
    var keepOpen = false

    @Flag(help: "Push aside another that publishes the channel, instead of leaving it alone.")
    var takeover = false

    @Flag(help: "Exit with code 4 when segments were lost on their way.")
    var strict = false

    @OptionGroup(title: "Messages") var logOptions: LogOptions

    func validate() throws {
        try channel.name.needed("publish-pipe --stream logs")
        if batch.duration > .zero && !split.hasRecords {
            throw ValidationError("--batch is for lines and json: --split time=… says how long a segment is")
        }
        let isText = contentType.map { !$0.isEmpty && $0.utf8.allSatisfy { 0x20..<0x7F ~= $0 } } ?? true
        if !isText { throw ValidationError("--content-type looks like 'text/plain'") }
    }

    var idleOptions: [IdleOption] { relay.idleOptions }

    func run(_ session: ToolSession) async throws {
        guard let channel = channel.name else { preconditionFailure("validate() has seen to it") }
        var job = PipePublishing(split, to: channel, relay: relay)
        job.contentType = contentType
        job.batch = batch.duration
        job.keepsOpen = keepOpen
        job.takesOver = takeover
        job.isStrict = strict
        try await job.run(session)
    }
}

/// For the program that has all tools.
package let publishPipe: any Tool.Type = PublishPipe.self
