import TrickleKit

/// The source goes on, and what the relay does not take is dropped.
struct LiveOutlet: SegmentOutlet {
    private let live: LivePublisher

    init(_ live: LivePublisher) { self.live = live }

    var sequence: SequenceNumber? { nil }
    var droppedCount: Int { live.droppedCount }

    func begin() { live.begin() }
    func write(_ bytes: [UInt8]) { live.write(bytes) }
    /// The publisher's own `run` waits for the relay.
    func finish() { live.finish() }
}
