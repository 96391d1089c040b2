import ArgumentParser
import TrickleGateway

/// What players and browsers can fetch.
struct GatewayOptions: ParsableArguments {
    @Flag(help: "Do not serve channels as endless transport streams: /NAME.ts, /NAME/live.ts.")
    var noTs = false

    @Flag(help: "Do not serve channels as HLS and low-latency HLS: /NAME/index.m3u8.")
    var noHls = false

    @Flag(name: .customLong("no-mp4"), help: "Do not make channels into fragmented MP4: /NAME/live.mp4.")
    var noMP4 = false

    @Flag(help: "Do not decode pictures: /NAME/thumbnail.jpg, /NAME/thumbnail.webp.")
    var noThumbnails = false

    @Flag(help: "Do not send segments as WebSocket messages, nor take them: /NAME/ws, /ws/NAME, /ingest/NAME.")
    var noFrames = false

    @Flag(help: "Take what is no picture at /ingest/NAME, too.")
    var ingestAny = false

    @Flag(help: "Do not show browsers the channels: the page at / and /NAME, and /_api/channels.")
    var noPage = false

    @Option(
        help: ArgumentHelp(
            "Viewers of endless streams: from SOFT on /readyz says full, beyond HARD nobody is let in; one number sets both.",
            valueName: "soft:hard"))
    var maxViewers: ViewerLimits?

    @Option(help: "How many ffmpeg run at once, for pictures and MP4; who wants one more gets 503.")
    var maxChildren = 32

    @Option(
        help: ArgumentHelp(
            "What one viewer too many is answered with: 503, or 404 for players that know nothing else.",
            valueName: "status"))
    var fullStatus = 503

    func validate() throws {
        if maxChildren < 1 {
            throw ValidationError("--max-children is 1 or more; --no-mp4 and --no-thumbnails want none")
        }
        if fullStatus != 503 && fullStatus != 404 { throw ValidationError("--full-status is 503 or 404") }
    }

    func configuration(publisherCount: Int) -> GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.servesTransportStreams = !noTs
        configuration.servesHLS = !noHls
        configuration.servesMP4 = !noMP4
        configuration.servesPictures = !noThumbnails
        configuration.servesPage = !noPage
        configuration.servesFrames = !noFrames
        configuration.ingestsAnything = ingestAny
        configuration.softViewerLimit = maxViewers?.soft
        configuration.hardViewerLimit = maxViewers?.hard
        configuration.maximumChildCount = maxChildren
        configuration.maximumPublisherCount = publisherCount
        configuration.statusWhenFull = fullStatus
        return configuration
    }
}
