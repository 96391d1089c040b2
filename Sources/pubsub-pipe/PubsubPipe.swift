import ArgumentParser
import CommandFrame
import LiveHooks

/// Publishes what a media server announces, and writes channels to files.
struct PubsubPipe: Tool {
    static let configuration = CommandConfiguration(
        commandName: "pubsub-pipe",
        abstract: "Publish what a media server announces, and write each channel whose name ends in -out to a file.",
        discussion: """
            As pubsub-out, but what comes back goes to a file or a named pipe. Readers of a pipe may come and go; each begins with a whole \
            segment.

              pubsub-pipe --out result.ts
              pubsub-pipe --out 'results/{name}.ts'                    # several channels at once

            \(ToolHelp.environment)
            """,
        version: TrickleVersion.current)

    static let endsBySignal = true

    @Option(
        help: ArgumentHelp(
            "A file or a named pipe; with {name} in it there is one for each channel.", valueName: "file"),
        completion: .file())
    var out: StreamTemplate

    @OptionGroup var hooks: HookOptions
    @OptionGroup var relay: RelayOptions
    @OptionGroup(title: "Messages") var logOptions: LogOptions

    var idleOptions: [IdleOption] { relay.idleOptions }

    func run(_ session: ToolSession) async throws {
        let filing = ChannelFiling(to: out, relay: relay, session: session)
        try await LiveService(hooks, relay: relay, ignoredSuffix: OutgoingChannels.suffix).run(session) {
            try await OutgoingChannels(relay: relay, maximumCount: hooks.maxStreams, session: session) {
                await filing.write($0, $1)
            }.run()
        }
    }
}

/// For the program that has all tools.
package let pubsubPipe: any Tool.Type = PubsubPipe.self
