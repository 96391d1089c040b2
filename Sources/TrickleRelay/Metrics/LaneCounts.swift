import TrickleCore

/// What has happened on one lane. Counted without locks by the lane, and added up when somebody asks.
struct LaneCounts: Sendable {
    /// Bytes of segments that were handed to connections, framing and all.
    var bytesOut = 0
    /// Answers that told of an error, by status.
    var refusals: [Int: Int] = [:]
    /// Readers that the window moved past.
    var readersCut = 0
    /// Readers that took nothing for too long.
    var readersStalled = 0
    /// How late the lane's clock was when it ticked last, and at most since it was asked last, in seconds.
    var delay = 0.0
    var maximumDelay = 0.0
    /// How far the slowest reader is behind what is there, by channel, in payload bytes.
    var lag: [ChannelID: Int] = [:]
    var connections = 0

    /// Adds another lane's counts.
    mutating func add(_ other: LaneCounts) {
        bytesOut += other.bytesOut
        refusals.merge(other.refusals, uniquingKeysWith: +)
        readersCut += other.readersCut
        readersStalled += other.readersStalled
        delay = max(delay, other.delay)
        maximumDelay = max(maximumDelay, other.maximumDelay)
        lag.merge(other.lag, uniquingKeysWith: max)
        connections += other.connections
    }
}
