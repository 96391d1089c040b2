/// A place where a segment may begin, as long as that is not decided, and how far it has been looked at.
struct Examination {
    enum Stage {
        /// No PES packet is being looked at.
        case idle
        /// Its header is not whole.
        case header
        /// Its access unit has shown no slice.
        case accessUnit
    }

    /// Where a segment may begin.
    struct Candidate {
        /// The first table packet before it, or the packet that begins the PES packet.
        let start: Int
        /// The packet that begins the PES packet.
        let packet: Int
        /// Whether the tables before it are all that a segment needs.
        let hasTables: Bool
        /// Whether they hold a program map that has changed.
        var hasTableChange: Bool
        var pts: Timestamp?
        var dts: Timestamp?
        var elapsed: MediaTicks = 0
        /// A program map changed after the candidate's first packet, here.
        var laterTableChange: (position: Int, hasTables: Bool)?
    }

    var stage = Stage.idle
    var candidate: Candidate?
    /// What has come of a PES header that spans packets; at most ``PESHeader/maximumSize`` and a packet.
    var header: [UInt8] = []
    var scanner: AccessUnitScanner?
    /// Whether the stream has had a time stamp at all.
    var hasTimestamps = false

    /// Bytes of the stream were lost.
    mutating func skip() {
        scanner?.skip()
        if stage == .header { header.removeAll(keepingCapacity: true) }
    }
}
