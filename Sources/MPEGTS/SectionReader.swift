/// Puts the sections of one PID together from packet payloads (ISO 13818-1, section 2.4.4).
///
/// Holds one section, at most 4,096 bytes; what claims to be longer is dropped.
struct SectionReader {
    static let maximumSectionSize = 4096

    private enum State {
        /// Waits for a payload unit start.
        case idle
        /// Collects the section that began in the packet at `start`.
        case collecting(start: Int)
    }

    private var state = State.idle
    private var bytes: [UInt8] = []
    /// The last whole section. Valid when ``next(in:at:)`` has returned its start.
    private(set) var section: [UInt8] = []

    /// Where reading a payload stands.
    struct Cursor {
        var offset: Int
        /// Bytes up to here end the section of an earlier packet; a new one may begin at this offset.
        let unitStart: Int
        /// What the packet's place in the stream is.
        let position: Int
        let end: Int
    }

    /// What it takes of memory besides its own fields, in bytes.
    var storageByteCount: Int { bytes.storageByteCount + section.storageByteCount }

    /// Begins with the payload of a packet; `position`, its place in the stream, is told back with each section that
    /// begins in it.
    mutating func begin(_ packet: RawSpan, header: PacketHeader, position: Int) -> Cursor {
        let offset = header.payloadOffset
        let end = packet.byteCount
        guard header.payloadUnitStartIndicator else {
            return Cursor(offset: offset, unitStart: end, position: position, end: end)
        }
        let pointer = Int(packet.byte(at: offset))
        // A new section begins at once: the one before was never finished.
        if pointer == 0 { reset() }
        let unitStart = min(offset + 1 + pointer, end)
        return Cursor(offset: offset + 1, unitStart: unitStart, position: position, end: end)
    }

    /// Forgets a section that is not whole: packets were lost.
    mutating func reset() {
        state = .idle
        bytes.removeAll(keepingCapacity: true)
    }

    /// Goes on in `packet` to the end of the next whole section.
    ///
    /// - Returns: the position of the packet that ``section`` began in; nil at the end of the packet.
    mutating func next(in packet: RawSpan, at cursor: inout Cursor) -> Int? {
        while cursor.offset < cursor.end {
            switch state {
            case .idle:
                guard cursor.unitStart < cursor.end else { return nil }
                if cursor.offset < cursor.unitStart { cursor.offset = cursor.unitStart }
                // Stuffing runs to the end of the packet.
                if packet.byte(at: cursor.offset) == 0xFF { return nil }
                state = .collecting(start: cursor.position)
                bytes.removeAll(keepingCapacity: true)
            case .collecting(let start):
                let isTail = cursor.offset < cursor.unitStart && cursor.unitStart < cursor.end
                let limit = isTail ? cursor.unitStart : cursor.end
                if bytes.count < 3 {
                    bytes.append(packet.byte(at: cursor.offset))
                    cursor.offset += 1
                    if isTail, cursor.offset == limit, bytes.count < 3 { reset() }
                    continue
                }
                let size = 3 + (Int(bytes[1] & 0x0F) << 8 | Int(bytes[2]))
                guard size <= Self.maximumSectionSize else {
                    reset()
                    if isTail { continue }
                    return nil
                }
                let count = min(limit - cursor.offset, size - bytes.count)
                bytes.append(contentsOf: packet.extracting(cursor.offset..<cursor.offset + count))
                cursor.offset += count
                if bytes.count == size {
                    state = .idle
                    swap(&section, &bytes)
                    if isTail { cursor.offset = limit }
                    return start
                }
                if isTail { reset() }
            }
        }
        return nil
    }
}
