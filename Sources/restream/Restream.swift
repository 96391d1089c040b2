import ArgumentParser
import CommandFrame
import Publishing
import Restreaming

/// Publishes channels from sources that are transport streams already.
struct Restream: Tool {
    static let configuration = CommandConfiguration(
        commandName: "restream",
        abstract:
            "Publish channels from MPEG-TS over HTTP, TCP, UDP, pipes, files and programs, each with sources to fall back on.",
        discussion: """
            The configuration lists the channels, and for each its sources, which are tried in turn. SIGHUP reads it again, and touches only \
            what has changed; SIGUSR1 tells what each channel is doing.

              restream --config restream.yaml
              restream --config restream.yaml --check

            trickle-server --config restream.yaml does the same inside of the relay.

            \(ToolHelp.environment)
            """,
        version: TrickleVersion.current)

    static let endsBySignal = true
    var hasOwnHangup: Bool { true }

    @Option(help: ArgumentHelp("The channels and their sources, in YAML.", valueName: "file"), completion: .file())
    var config: String

    @Flag(help: "Only say what is wrong with the configuration.")
    var check = false

    @Flag(help: "Leave the channels open at the end, for a later run to go on.")
    var keepOpen = false

    @OptionGroup var relay: RelayOptions
    @OptionGroup(title: "Messages") var logOptions: LogOptions

    func run(_ session: ToolSession) async throws {
        if check {
            let configuration = try RestreamService.read(config) {
                $0.tell(session, isCheck: true, format: logOptions.logFormat)
            }
            let sourceCount = configuration.channels.reduce(0) { $0 + $1.sources.count }
            session.logger.info(
                "\(config): \(configuration.channels.count) channels, \(sourceCount) sources, no mistakes")
            return
        }
        try await RestreamService(
            file: config,
            destination: RelayDestination(relay.url, configuration: relay.configuration(logger: session.logger)),
            closesAtEnd: !keepOpen, session: session
        ).run()
    }
}

/// For the program that has all tools.
package let restream: any Tool.Type = Restream.self
