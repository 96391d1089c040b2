/// What the stream says about its programs: the last valid program association table and program maps.
struct ProgramTables {
    /// Sections of a program association table that are kept; each lists up to 253 programs.
    static let maximumAssociationSections = 4
    /// PIDs that section readers are kept for.
    static let maximumReaders = 512

    struct Program {
        let number: UInt16
        let mapPID: PID
        /// The section of its map as it came; empty before.
        var section: [UInt8] = []
        var map: ProgramMap?
        /// How often its map has come, changed or not.
        var sightingCount = 0
        /// The run of tables that its map last came in as a whole, after the program association table.
        var lastRun: Int?
    }

    /// What a packet brought that is new or changed.
    enum Change {
        case association
        case map(program: Int)
    }

    /// In the order of the program association table.
    private(set) var programs: [Program] = []
    /// Sections of the program association table, by number.
    private(set) var associationSections: [[UInt8]] = []
    /// Whether all of its sections have come.
    private(set) var isComplete = false
    private(set) var run = TableRun()

    private var readers: [(pid: PID, reader: SectionReader)] = [(.pat, SectionReader())]

    /// Of the first section of the program association table.
    var transportStreamID: UInt16? {
        associationSections.first.flatMap { ProgramAssociation(section: $0.span.bytes)?.transportStreamID }
    }

    /// The PIDs that carry tables now.
    var tablePIDs: [PID] { [.pat] + programs.map(\.mapPID) }

    /// Reads the packet of a table PID.
    ///
    /// One that comes a second time, is damaged or scrambled is not `isReadable`: it only belongs to the run. Returns
    /// whether the programs or a map are new or changed; the last of them.
    mutating func receive(
        _ packet: RawSpan, header: PacketHeader, position: Int, isReadable: Bool, oddities: inout OddityCounter
    ) -> Change? {
        let beginsAssociation = header.pid == .pat && header.payloadUnitStartIndicator && isReadable
        run.extend(to: position, beginsAssociation: beginsAssociation)
        guard isReadable, header.hasPayload, let index = readers.firstIndex(where: { $0.pid == header.pid }) else {
            return nil
        }
        var change: Change?
        var cursor = readers[index].reader.begin(packet, header: header, position: position)
        while let start = readers[index].reader.next(in: packet, at: &cursor) {
            let section = readers[index].reader.section
            let isWholeInRun = run.contains(start)
            let found =
                header.pid == .pat
                ? receiveAssociation(section, isWholeInRun: isWholeInRun, oddities: &oddities)
                : receiveMap(section, pid: header.pid, isWholeInRun: isWholeInRun, oddities: &oddities)
            change = found ?? change
        }
        return change
    }

    /// Whether a map has come again: all that come have come.
    var hasComeAround: Bool { programs.contains { $0.sightingCount > 1 } }

    /// The stream is gone through again from its beginning.
    mutating func rewind() {
        run = TableRun()
        for index in programs.indices { programs[index].lastRun = nil }
        for index in readers.indices { readers[index].reader.reset() }
    }

    /// Forgets what belongs to one segment, and the maps of all programs but one: they come again.
    mutating func forgetOthers(than number: UInt16?) {
        for index in programs.indices where programs[index].number != number {
            programs[index].section = []
            programs[index].map = nil
        }
        for index in readers.indices { readers[index].reader = SectionReader() }
    }

    /// What they take of memory besides their own fields, in bytes.
    var storageByteCount: Int {
        var count = programs.storageByteCount + associationSections.storageByteCount + readers.storageByteCount
        for section in associationSections { count += section.storageByteCount }
        for program in programs {
            count += program.section.storageByteCount + (program.map?.streams.storageByteCount ?? 0)
        }
        for entry in readers { count += entry.reader.storageByteCount }
        return count
    }

    /// Packets of this PID were lost: what was begun is not whole.
    mutating func reset(_ pid: PID) {
        guard let index = readers.firstIndex(where: { $0.pid == pid }) else { return }
        readers[index].reader.reset()
    }

    /// A packet that is no table came.
    mutating func endRun() {
        run.end()
    }

    private mutating func receiveAssociation(
        _ section: [UInt8], isWholeInRun: Bool, oddities: inout OddityCounter
    ) -> Change? {
        // What is the same as before needs no checksum.
        if let number = section.count > 6 ? Int(section[6]) : nil, number < associationSections.count,
            associationSections[number] == section
        {
            if isWholeInRun { run.associationIsComplete = number + 1 == associationSections.count && isComplete }
            return nil
        }
        let isWhole = CRC32.checksum(section) == 0
        guard isWhole, let table = ProgramAssociation(section: section.span.bytes),
            table.sectionNumber <= table.lastSectionNumber
        else {
            // One that is not valid yet is no damage.
            let isToCome = isWhole && section.count > 5 && section[5] & 1 == 0
            if section.first == 0, !isToCome { oddities.count(.damagedTable) }
            return nil
        }
        if table.lastSectionNumber >= UInt8(Self.maximumAssociationSections) { oddities.count(.longTable) }
        let count = min(Int(table.lastSectionNumber) + 1, Self.maximumAssociationSections)
        guard table.sectionNumber < count else { return nil }
        if associationSections.count != count {
            associationSections = Array(repeating: [], count: count)
        }
        associationSections[Int(table.sectionNumber)] = section
        isComplete = associationSections.allSatisfy { !$0.isEmpty }
        if isWholeInRun { run.associationIsComplete = Int(table.sectionNumber) + 1 == count && isComplete }
        guard isComplete else { return nil }
        rebuild()
        return .association
    }

    private mutating func rebuild() {
        var known: [Program] = []
        for section in associationSections {
            guard let table = ProgramAssociation(section: section.span.bytes) else { continue }
            for entry in table.entries where !known.contains(where: { $0.number == entry.programNumber }) {
                let old = programs.first { $0.number == entry.programNumber && $0.mapPID == entry.programMapPID }
                known.append(old ?? Program(number: entry.programNumber, mapPID: entry.programMapPID))
            }
        }
        programs = known
        let pids = Set(tablePIDs)
        readers.removeAll { !pids.contains($0.pid) }
        for pid in tablePIDs where !readers.contains(where: { $0.pid == pid }) && readers.count < Self.maximumReaders {
            readers.append((pid, SectionReader()))
        }
    }

    private mutating func receiveMap(
        _ section: [UInt8], pid: PID, isWholeInRun: Bool, oddities: inout OddityCounter
    ) -> Change? {
        guard section.count > 5, section[0] == 2 else { return nil }
        let number = UInt16(section[3]) << 8 | UInt16(section[4])
        guard let index = programs.firstIndex(where: { $0.number == number && $0.mapPID == pid }) else { return nil }
        let isKnown = programs[index].section == section
        if !isKnown {
            guard CRC32.checksum(section) == 0 else {
                oddities.count(.damagedTable)
                return nil
            }
            guard let map = ProgramMap(section: section.span.bytes) else {
                // A map that is not valid yet is no damage.
                if section[5] & 1 == 1 { oddities.count(.damagedTable) }
                return nil
            }
            programs[index].section = section
            programs[index].map = map
        }
        programs[index].sightingCount = min(programs[index].sightingCount + 1, 2)
        if isWholeInRun, run.associationIsComplete { programs[index].lastRun = run.number }
        return isKnown ? nil : .map(program: index)
    }
}
