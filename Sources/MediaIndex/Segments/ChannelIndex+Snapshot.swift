import MPEGTS
import TrickleCore
import TrickleRelay

// What an index is asked, and what it says.
extension ChannelIndex {
    /// Something to wait for.
    package enum Event: Sendable, Hashable {
        /// What was kept when the index began has been read.
        case caughtUp
        /// It shows whether the bytes of some segment are packets.
        case firstPacket
        /// A segment that a viewer can begin with: see ``ChannelIndex/firstPlaceToBegin(from:)``.
        case placeToBegin(from: SequenceNumber)
        /// A segment has ended that can be played.
        case playableSegment
        /// The segment has ended, or a later one has begun, or the numbers have begun anew.
        case ended(SequenceNumber)
        /// So many parts of the segment are there, or it has ended, or a later one has begun, or the numbers have begun anew.
        case parts(SequenceNumber, count: Int)
    }

    /// What is known at one moment.
    package struct Snapshot: Sendable {
        /// By number.
        package let segments: IndexedSegments
        /// Whether the channel was closed.
        package let isClosed: Bool
        /// What all parts last at most; nil as long as it is not known how long pictures are.
        package let partTarget: MediaTicks?
        /// Of two snapshots with the same, no segment or part has come or gone.
        package let version: Int
        /// How often the numbers have begun anew since the index began.
        package let restartCount: Int
        /// What the numbers stand for: `RelayServer.generation(of:)`.
        package let generation: String
    }
}
