import ArgumentParser
import CommandFrame
import Publishing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a media server announces its streams, and where they are pulled from.
public struct HookOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "Where announcements are taken: HOST:PORT, or :PORT for the whole network. Port 0 takes a free one.",
            valueName: "address"))
    public var hook = ListenAddress("localhost:2938")

    @Option(
        help: ArgumentHelp(
            "What announcements have to bring, as 'Authorization: Bearer SECRET' or ?secret=SECRET. Better in the environment, as TRICKLE_HOOK_SECRET.",
            valueName: "secret"))
    public var hookSecret: String?

    @Option(
        help: ArgumentHelp(
            "Where a stream that was announced is pulled from: any URL that ffmpeg opens, with {name} in it.",
            valueName: "url"))
    public var source = StreamTemplate("rtmp://localhost/{name}")

    @Option(
        help: ArgumentHelp("How long a stream may be away before its channel closes.", valueName: "time"))
    public var linger = DurationArgument("10s")

    @Option(help: ArgumentHelp("The most streams at once, and the most channels that are sent on.", valueName: "count"))
    public var maxStreams = 64

    @Flag(help: "Encode to H.264 and AAC even what could be copied.")
    public var transcode = false

    @OptionGroup(title: "Sources on the network") public var network: SourceOptions

    public init() {}

    public func validate() throws {
        if !source.hasPlaceholder || !source.isURL {
            throw ValidationError("--source is a URL with {name} in it, like 'rtmp://localhost/{name}'")
        }
        if let hookSecret, hookSecret.isEmpty { throw ValidationError("--hook-secret is empty") }
        if maxStreams < 1 { throw ValidationError("--max-streams is at least 1") }
    }

    /// Who may announce them.
    public var access: HookAccess {
        HookAccess(hosts: [hook.host, ProcessInfo.processInfo.hostName].compactMap { $0 }, secret: hookSecret)
    }

    /// The streams that are announced, as these options have them published.
    ///
    /// - Parameter ignoredSuffix: Names with this ending are not published.
    public func streams(ignoredSuffix: String?, relay: RelayOptions, _ session: ToolSession) -> LiveStreams {
        var configuration = LiveStreams.Configuration(source: source)
        configuration.linger = linger.duration
        configuration.ignoredSuffix = ignoredSuffix
        configuration.transcodes = transcode
        configuration.maximumStreams = maxStreams
        return LiveStreams(configuration, source: network, relay: relay, session: session)
    }
}
