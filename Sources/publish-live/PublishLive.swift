import ArgumentParser
import CommandFrame
import LiveHooks

/// Publishes the streams that a media server announces.
struct PublishLive: Tool {
    static let configuration = CommandConfiguration(
        commandName: "publish-live",
        abstract: "Publish the streams that a media server announces, each under its own name.",
        discussion: """
            A server says by POST /NAME that a stream is there; it is pulled from there, and published until it ends. GET / lists what \
            runs, DELETE /NAME ends one.

              publish-live                                             # MediaMTX, RTMP
              publish-live --source 'rtsp://localhost:8554/{name}'
              publish-live --source 'rtmp://localhost/live/{name}'     # nginx-rtmp

            \(ToolHelp.environment)
            """,
        version: TrickleVersion.current)

    static let endsBySignal = true

    @OptionGroup var hooks: HookOptions
    @OptionGroup var relay: RelayOptions
    @OptionGroup(title: "Messages") var logOptions: LogOptions

    var idleOptions: [IdleOption] { relay.idleOptions }

    func run(_ session: ToolSession) async throws {
        try await LiveService(hooks, relay: relay).run(session)
    }
}

/// For the program that has all tools.
package let publishLive: any Tool.Type = PublishLive.self
