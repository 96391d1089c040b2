/// Lets the version numbers of the program tables count on over streams that take one another's place (ISO 13818-1, sections 2.4.4.5
/// and 2.4.4.9): each has its own, and a decoder that has seen a number may take another table with it for the same.
///
/// The first stream stays as it is. In those after it, the first version of a table is the last one before it plus 1, modulo 32, and the
/// others keep their distance; the checksums change with them. Packets keep their size and their place.
public struct TableVersions: Sendable {
    /// The association of programs, or the map of one.
    private enum Table: Hashable, Sendable {
        case association
        case map(program: UInt16)
    }

    /// The versions as handed on, over all streams.
    private var last: [Table: UInt8] = [:]
    /// What is added to the versions of the stream in hand.
    private var shifts: [Table: UInt8] = [:]
    private var walks: [UInt16: SectionWalk] = [PID.pat.rawValue: SectionWalk()]

    public init() {}

    /// Another stream takes the place of the one before.
    public mutating func beginStream() {
        shifts = [:]
        walks = [PID.pat.rawValue: SectionWalk()]
    }

    /// - Parameter packets: Whole packets of 188 bytes, which follow on those of the call before.
    public mutating func renumber(_ packets: inout [UInt8]) {
        for start in stride(from: 0, to: packets.count - TransportPacket.size + 1, by: TransportPacket.size) {
            let pid = UInt16(packets[start + 1] & 0x1F) << 8 | UInt16(packets[start + 2])
            if walks[pid] != nil { renumber(&packets, packetStart: start, pid: pid) }
        }
    }

    private mutating func renumber(_ packets: inout [UInt8], packetStart start: Int, pid: UInt16) {
        let header = PacketHeader(packets.span.bytes, at: start)
        let isReadable = !header.transportErrorIndicator && header.transportScramblingControl == 0
        guard header.hasPayload, isReadable, var walk = walks[pid] else { return }
        walk.beginPacket(counter: header.continuityCounter)
        var offset = start + header.payloadOffset
        let end = start + TransportPacket.size
        if header.payloadUnitStartIndicator {
            // The rest of the section before, then those that begin here.
            let unitStart = min(offset + 1 + Int(packets[offset]), end)
            offset += 1
            advance(&walk, &packets, offset..<unitStart, pid: pid)
            walk.beginSection()
            offset = unitStart
        }
        advance(&walk, &packets, offset..<end, pid: pid)
        walks[pid] = walk
    }

    private mutating func advance(
        _ walk: inout SectionWalk, _ packets: inout [UInt8], _ range: Range<Int>, pid: UInt16
    ) {
        for offset in range {
            switch walk.receive(packets[offset]) {
            case .nothing: break
            case .version(let version):
                guard let table = Self.table(of: walk, pid: pid) else { continue }
                let new = (version &+ shift(of: table, version: version)) & 31
                last[table] = new
                if new != version { packets[offset] = walk.replaceVersion(by: new) }
            case .checksum(let change): if change != 0 { packets[offset] ^= change }
            case .program(let mapPID): walks[mapPID] = walks[mapPID] ?? SectionWalk()
            }
        }
    }

    private static func table(of walk: SectionWalk, pid: UInt16) -> Table? {
        switch (pid, walk.tableID) {
        case (PID.pat.rawValue, 0): .association
        case (1..., 2): .map(program: walk.tableIDExtension)
        default: nil
        }
    }

    private mutating func shift(of table: Table, version: UInt8) -> UInt8 {
        if let shift = shifts[table] { return shift }
        let shift = last[table].map { ($0 &+ 1 &- version) & 31 } ?? 0
        shifts[table] = shift
        return shift
    }
}

/// Where the sections of one PID stand, byte by byte: they may begin and end anywhere in a packet (section 2.4.4).
struct SectionWalk: Sendable {
    enum Step {
        case nothing
        /// The version stands here; the table it is of is known.
        case version(UInt8)
        /// A byte of the checksum, and what it has to be combined with.
        case checksum(change: UInt8)
        /// The last byte of an entry of the program association table.
        case program(mapPID: UInt16)
    }

    private(set) var tableID: UInt8 = 0
    private(set) var tableIDExtension: UInt16 = 0
    /// The next byte's place in its section; nil while none has begun, or the rest of the packet is stuffing.
    private var position: Int?
    /// Bytes of the whole section.
    private var size = 0
    private var flags: UInt8 = 0
    private var entry: UInt32 = 0
    /// How the checksum differs from that of the section as it came.
    private var change: UInt32 = 0
    private var counter: UInt8?
    /// How things stood before the last packet, which may come twice (section 2.4.3.3).
    private var before: Before?

    private final class Before: Sendable {
        let walk: SectionWalk
        init(_ walk: SectionWalk) { self.walk = walk }
    }

    mutating func beginPacket(counter: UInt8) {
        if let last = self.counter {
            if counter == last, let walk = before?.walk {
                self = walk
            } else if counter != (last + 1) & 15 {
                // What is missing was part of the section in hand.
                position = nil
            }
        }
        before = nil
        before = Before(self)
        self.counter = counter
    }

    /// A section begins with the next byte.
    mutating func beginSection() {
        position = 0
        size = 0
        change = 0
    }

    mutating func receive(_ byte: UInt8) -> Step {
        guard let position else { return .nothing }
        self.position = position + 1
        switch position {
        case 0:
            tableID = byte
            // Stuffing, to the end of the packet.
            if byte == 0xFF { self.position = nil }
        case 1: size = Int(byte & 0x0F) << 8
        case 2: size = (size | Int(byte)) + 3
        case 3: tableIDExtension = UInt16(byte) << 8
        case 4: tableIDExtension |= UInt16(byte)
        case 5:
            flags = byte
            // What has no room for a version and a checksum has none.
            if size >= 12 { return .version(byte >> 1 & 31) }
        case 8..<max(size - 4, 8):
            entry = entry << 8 | UInt32(byte)
            if tableID == 0, position % 4 == 3, entry >> 16 != 0 { return .program(mapPID: UInt16(entry & 0x1FFF)) }
        case max(size - 4, 8)..<max(size, 8):
            if position == size - 1 {
                let last = UInt8(truncatingIfNeeded: change)
                beginSection()
                return .checksum(change: last)
            }
            return .checksum(change: UInt8(truncatingIfNeeded: change >> UInt32(8 * (size - 1 - position))))
        default: break
        }
        if position >= 2, position == size - 1 { beginSection() }
        return .nothing
    }

    /// - Returns: The byte with the version in it.
    mutating func replaceVersion(by version: UInt8) -> UInt8 {
        let new = flags & 0xC1 | version << 1
        // The checksum is linear: that of the difference makes up the difference.
        change = CRC32.change(flags ^ new, followedBy: size - 10)
        return new
    }
}
