/// What a subscriber has received, and what it has missed.
public struct SubscriberStatistics: Sendable, Equatable {
    /// Segments that were handed to the program, whole or not.
    public var segments = 0
    /// Bytes of media that came from the network.
    public var bytes = 0
    /// Segments that were passed over, because the relay no longer had them.
    public var segmentsSkipped = 0
    /// Segments whose publisher broke off.
    public var segmentsAborted = 0
    /// Segments whose transfer ended early, so that bytes were lost.
    public var segmentsCut = 0
    /// Bytes that were lost with them, as far as the relay tells how long they are.
    public var bytesMissing = 0
    /// Whether the channel went away without the word that it had ended: what followed on the last segment may be missing.
    public var endedSilently = false
    /// How often a broken connection was replaced.
    public var reconnections = 0

    public init() {}

    /// Whether everything since the first segment came through.
    public var isLossless: Bool {
        segmentsSkipped == 0 && segmentsAborted == 0 && segmentsCut == 0 && !endedSilently
    }
}
