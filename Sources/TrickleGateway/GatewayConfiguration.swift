import MediaIndex

/// Which ramps the gateway has, and what they may cost.
public struct GatewayConfiguration: Sendable {
    /// Channels as endless transport streams: `/NAME.ts`.
    public var servesTransportStreams = true
    /// Channels as fragmented MP4: `/NAME/live.mp4`.
    public var servesMP4 = true
    /// Pictures: `/NAME/thumbnail.jpg`.
    public var servesPictures = true
    /// Segments as WebSocket messages: `/NAME/ws`, `/ws/NAME`; pictures by `POST /ingest/NAME`.
    public var servesFrames = true
    /// Whether `/ingest/NAME` takes what is no picture, too.
    public var ingestsAnything = false
    /// The page for browsers at `/` and `/NAME`, and the JSON behind it.
    public var servesPage = true
    /// With so many viewers of endless streams, `/readyz` says that the relay is full; nil for no limit.
    public var softViewerLimit: Int?
    /// So many viewers are let in; nil for no limit but the relay's own.
    public var hardViewerLimit: Int?
    /// What one viewer too many is answered with: 503, or 404 for players that take anything else for "try again at once".
    public var statusWhenFull = 503
    /// HLS and low-latency HLS: `/NAME/index.m3u8`.
    public var servesHLS = true

    /// What is known of the segments, and what that may cost.
    public var index = IndexConfiguration()

    /// ffmpegs that run at once for those who watch: pictures and MP4.
    public var maximumChildCount = 32
    /// How long such an ffmpeg runs on when nobody watches any more.
    public var movieGrace = Duration.seconds(5)
    /// How long a viewer waits for the beginning of an MP4 stream.
    public var movieStartTimeout = Duration.seconds(10)
    /// An ffmpeg that takes longer for one picture is killed.
    public var pictureTimeout = Duration.seconds(5)
    /// How long a picture waits for its turn.
    public var picturePatience = Duration.seconds(5)
    /// Pictures that are decoded at once; each is an ffmpeg.
    public var pictureDecoderCount = 2
    /// The ffmpeg that is run: a path, or a name to be looked up in `PATH`.
    public var program = "ffmpeg"

    /// Children that publish channels of the relay's configuration, at once. Nobody takes these places from them.
    public var maximumPublisherCount = 256

    public init() {}
}
