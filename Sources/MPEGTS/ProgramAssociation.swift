/// One section of the program association table (ISO 13818-1, section 2.4.4.3): which PID carries the map of each
/// program.
public struct ProgramAssociation: Sendable, Hashable {
    public struct Entry: Sendable, Hashable {
        /// 1 … 65,535.
        public let programNumber: UInt16
        public let programMapPID: PID
    }

    public let transportStreamID: UInt16
    public let sectionNumber: UInt8
    public let lastSectionNumber: UInt8
    public let entries: [Entry]

    /// nil if it is another table, or not valid yet.
    ///
    /// - Parameter section: a whole section whose checksum is right.
    public init?(section: RawSpan) {
        let count = section.byteCount
        guard count >= 12, section.byte(at: 0) == 0x00, section.byte(at: 5) & 1 == 1 else { return nil }
        transportStreamID = section.word(at: 3)
        sectionNumber = section.byte(at: 6)
        lastSectionNumber = section.byte(at: 7)
        var entries: [Entry] = []
        var offset = 8
        while offset + 4 <= count - 4 {
            let number = section.word(at: offset)
            let pid = PID(section.word(at: offset + 2))
            // Number 0 names the network information table.
            if number != 0, pid.isAssignable { entries.append(Entry(programNumber: number, programMapPID: pid)) }
            offset += 4
        }
        self.entries = entries
    }
}
