import ArgumentParser
import CommandFrame
import LiveHooks

/// Publishes what a media server announces, and pushes channels back into it.
struct PubsubOut: Tool {
    static let configuration = CommandConfiguration(
        commandName: "pubsub-out",
        abstract: "Publish what a media server announces, and push each channel whose name ends in -out back to it.",
        discussion: """
            As publish-live; and the relay's channels are watched: each NAME-out is subscribed and pushed, until it ends. Announced names that \
            end in -out are not published.

              pubsub-out                                               # MediaMTX, RTMP
              pubsub-out --source 'rtmp://localhost/live/{name}' --sink 'rtmp://localhost/live/{name}'

            \(ToolHelp.environment)
            """,
        version: TrickleVersion.current)

    static let endsBySignal = true

    @Option(
        help: ArgumentHelp(
            "Where channels are pushed: rtmp://, rtsp://, srt://, udp:// or tcp://, with {name} in it.",
            valueName: "url"))
    var sink = StreamTemplate("rtmp://localhost/{name}")

    @Option(
        help: ArgumentHelp("For how long a push that fails is tried again.", valueName: "time"))
    var retryFor = DurationArgument("1m")

    @OptionGroup var hooks: HookOptions
    @OptionGroup var relay: RelayOptions
    @OptionGroup(title: "Messages") var logOptions: LogOptions

    var idleOptions: [IdleOption] { relay.idleOptions }

    func run(_ session: ToolSession) async throws {
        let pushing = try ChannelPushing(to: sink, patience: retryFor.duration, relay: relay, session: session)
        try await LiveService(hooks, relay: relay, ignoredSuffix: OutgoingChannels.suffix).run(session) {
            try await OutgoingChannels(relay: relay, maximumCount: hooks.maxStreams, session: session) {
                await pushing.push($0, $1)
            }.run()
        }
    }
}

/// For the program that has all tools.
package let pubsubOut: any Tool.Type = PubsubOut.self
