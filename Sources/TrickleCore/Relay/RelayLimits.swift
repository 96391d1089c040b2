/// What the relay keeps, and how much it takes: every number is the maximum of something.
public struct RelayLimits: Sendable {
    /// The newest segments of a channel that are kept however old they are.
    public var windowCount = 5
    /// Segments that ended less than this ago are kept too.
    public var windowDuration: Duration = .seconds(30)
    /// Payload bytes of a channel's window; the oldest segments go first, the newest complete one stays. Nil: what
    /// ``windowByteCount(largestSegment:)`` says.
    public var windowByteCount: Int?
    /// Segments of a channel's window, however young they are.
    public var windowSegmentCount = 16_384
    /// Payload bytes of one segment; more is answered with 413.
    public var segmentByteCount = 64 << 20
    /// Segments of one channel that are written at the same time; one more is answered with 429.
    public var openSegmentCount = 16
    /// POSTs of one channel that have not sent a body byte yet; one more is answered with 429.
    public var preconnectedCount = 64
    /// Channels in all; one more is answered with 503.
    public var channelCount = 10_000
    /// Readers in all, those who wait among them; one more is answered with 503.
    public var readerCount = 50_000
    /// Readers of one channel; one more is answered with 503.
    public var readerCountPerChannel = 50_000
    /// What all segments may take, in bytes, with what each piece costs besides its payload. When it is exceeded, the client that takes
    /// most gives way: its oldest segments that have ended go first, a channel's newest complete one after the others, and then its largest
    /// open one, which ends as aborted by the relay.
    public var memoryByteCount = 1 << 30
    /// A channel without a body byte for this long is closed.
    public var idleTimeout: Duration = .seconds(300)
    /// How long the kept segments of a closed channel stay readable.
    public var drainDuration: Duration = .seconds(10)
    /// How long a publisher that said who it is, and broke off, is waited for.
    public var lingerDuration: Duration = .seconds(5)
    /// How long a channel stays open whose publisher broke off, and which nobody publishes, where its door is one connection.
    public var publisherLingerDuration: Duration = .seconds(15)
    /// Documents of the changefeed that are kept.
    public var changefeedWindowCount = 4096
    /// Whether a POST of a segment makes the channel that it names.
    public var createsChannels = true
    /// Whether there is a changefeed.
    public var hasChangefeed = true

    public init() {}

    /// The least that a channel may keep unless the relay is told otherwise: 64 MiB.
    public static let leastWindowByteCount = 64 << 20
    /// A player of a live playlist of three target durations fetches what lies up to seven of them back (RFC 8216, section 6.2.2).
    private static let windowSegmentsOfAnySize = 8

    /// Payload bytes of a channel's window: room for some of its segments, however large these are.
    public func windowByteCount(largestSegment: Int) -> Int {
        windowByteCount ?? max(Self.leastWindowByteCount, Self.windowSegmentsOfAnySize * largestSegment)
    }
}
