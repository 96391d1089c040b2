import TrickleCore

/// An answer that told of an error, as metrics tell it apart from others.
struct Refusal: Hashable {
    let status: Int
    let reason: String
}

/// What has happened on one lane. Counted without locks by the lane, and added up when somebody asks.
struct LaneCounts: Sendable {
    /// What has happened to the readers of one channel.
    struct Delivery: Sendable {
        /// Bytes of segments that were handed to connections, framing and all.
        var bytesOut = 0
        /// Readers that the window moved past.
        var readersCut = 0
        /// Segments that viewers of frames were not sent, because newer ones were whole, or because they had been aborted.
        var framesSkipped = 0
        /// How far the slowest reader is behind what is there, in payload bytes.
        var lag = 0

        mutating func add(_ other: Delivery) {
            bytesOut += other.bytesOut
            readersCut += other.readersCut
            framesSkipped += other.framesSkipped
            lag = max(lag, other.lag)
        }
    }

    /// By channel. Those of channels that are gone are dropped now and then; ``total`` has them all.
    private(set) var channels: [ChannelID: Delivery] = [:]
    private(set) var total = Delivery()
    var requests: [ClientIdentity.ProtocolVersion: Int] = [:]
    /// Answers that told of an error.
    var refusals: [Refusal: Int] = [:]
    /// Readers that took nothing for too long.
    var readersStalled = 0
    /// How late the lane's clock was when it ticked last, and at most since it was asked last, in seconds.
    var delay = 0.0
    var maximumDelay = 0.0
    var connections = 0

    mutating func add(_ delivery: Delivery, to channel: ChannelID) {
        channels[channel, default: Delivery()].add(delivery)
        total.add(delivery)
    }

    /// Lets go of the channels that are not among `living`.
    mutating func forgetChannels(except living: Set<ChannelID>) {
        channels = channels.filter { living.contains($0.key) }
    }

    /// Adds another lane's counts.
    mutating func add(_ other: LaneCounts) {
        channels.merge(other.channels) { mine, others in
            var sum = mine
            sum.add(others)
            return sum
        }
        total.add(other.total)
        requests.merge(other.requests, uniquingKeysWith: +)
        refusals.merge(other.refusals, uniquingKeysWith: +)
        readersStalled += other.readersStalled
        delay = max(delay, other.delay)
        maximumDelay = max(maximumDelay, other.maximumDelay)
        connections += other.connections
    }
}
