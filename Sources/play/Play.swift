import ArgumentParser
import CommandFrame
import MediaChildren
import Subscribing

/// Plays a channel in a window.
struct Play: Tool {
    static let configuration = CommandConfiguration(
        commandName: "play",
        abstract: "Play a trickle channel with ffplay, mpv or another player.",
        discussion: """
            The player reads a pipe, with options for low latency. Closing its window ends this with exit code 0. It begins at the live edge: \
            at the last random access point of the segment that is being written. ffplay and mpv go through what lies before the edge at once; \
            other players get it as it is.

              play cam
              play cam --player 'vlc --network-caching=0 -'

            Without a channel's name, it takes the only channel that the relay has.

            \(ToolHelp.environment)
            """,
        version: TrickleVersion.current)

    @OptionGroup var channel: ChannelOptions
    @OptionGroup var relay: RelayOptions
    @OptionGroup var reading: ReadingOptions

    @Option(
        help: ArgumentHelp(
            "ffplay, mpv, or any command that reads standard input. Without it: ffplay or mpv, whichever is installed.",
            valueName: "command"))
    var player: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Where to begin: current, next, or a segment's number.", valueName: "segment"))
    var from = StartArgument(.current)

    @OptionGroup(title: "Messages") var logOptions: LogOptions

    var idleOptions: [IdleOption] { relay.idleOptions }

    func run(_ session: ToolSession) async throws {
        // Without a player, no relay need be asked.
        _ = try PlayerCommand.choose(player, title: "")
        let channel = try await ChannelChoice.choose(channel, relay: relay, tool: "play", session: session)
        let command = try PlayerCommand.choose(player, title: "\(channel) at \(relay.url)")
        var job = ChannelReading(relay: relay, channel: channel, reading: reading, session: session)
        job.start = from.position
        job.joinsAtLiveEdge = from.position == .current
        // Whoever asks for a number does not want to be hurried.
        job.catchesUp = [.current, .next].contains(from.position) && PlayerCommand.isKnown(player)
        try await Playing(job, player: command, isMediaOnly: PlayerCommand.isKnown(player)).run(session)
    }
}

/// For the program that has all tools.
package let play: any Tool.Type = Play.self
