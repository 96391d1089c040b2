import MPEGTS

extension TSBuilder {
    /// A stream as a program map lists it.
    public struct Stream: Sendable {
        public var type: UInt8
        public var pid: PID
        public var descriptors: [UInt8]

        public init(_ type: UInt8, _ pid: PID, descriptors: [UInt8] = []) {
            self.type = type
            self.pid = pid
            self.descriptors = descriptors
        }
    }

    /// Writes a program association table: program numbers and the PIDs of their maps.
    public mutating func pat(_ programs: [(number: UInt16, mapPID: PID)] = [(1, 0x1000)], version: UInt8 = 0) {
        var body: [UInt8] = []
        for program in programs {
            body += [UInt8(program.number >> 8), UInt8(program.number & 0xFF)]
            body += [0xE0 | UInt8(program.mapPID.rawValue >> 8), UInt8(program.mapPID.rawValue & 0xFF)]
        }
        section(Self.section(tableID: 0, number: 1, version: version, body: body), pid: .pat)
    }

    /// Writes a program map. A large `padding`, bytes of a private descriptor, makes it span packets.
    public mutating func pmt(
        _ streams: [Stream], program: UInt16 = 1, pid: PID = 0x1000, pcrPID: PID = 0x100, version: UInt8 = 0,
        padding: Int = 0
    ) {
        section(
            Self.map(streams, program: program, pcrPID: pcrPID, version: version, padding: padding), pid: pid)
    }

    /// The section of a program map, with its checksum.
    public static func map(
        _ streams: [Stream], program: UInt16 = 1, pcrPID: PID = 0x100, version: UInt8 = 0, padding: Int = 0
    ) -> [UInt8] {
        var descriptors: [UInt8] = []
        var rest = padding
        while rest > 0 {
            let size = min(rest, 255)
            descriptors += [0xA0, UInt8(size)] + [UInt8](repeating: 0x47, count: size)
            rest -= size
        }
        var body: [UInt8] = [0xE0 | UInt8(pcrPID.rawValue >> 8), UInt8(pcrPID.rawValue & 0xFF)]
        body += [0xF0 | UInt8(descriptors.count >> 8), UInt8(descriptors.count & 0xFF)] + descriptors
        for stream in streams {
            body += [stream.type, 0xE0 | UInt8(stream.pid.rawValue >> 8), UInt8(stream.pid.rawValue & 0xFF)]
            body += [0xF0 | UInt8(stream.descriptors.count >> 8), UInt8(stream.descriptors.count & 0xFF)]
            body += stream.descriptors
        }
        return section(tableID: 2, number: program, version: version, body: body)
    }

    /// A section of a table, with its checksum.
    public static func section(tableID: UInt8, number: UInt16, version: UInt8, body: [UInt8]) -> [UInt8] {
        let length = body.count + 9
        var section: [UInt8] = [tableID, 0xB0 | UInt8(length >> 8), UInt8(length & 0xFF)]
        section += [UInt8(number >> 8), UInt8(number & 0xFF), 0xC1 | version << 1, 0, 0] + body
        let checksum = CRC32.checksum(section)
        return section + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: checksum >> $0) }
    }

    /// Writes a section as packets of its own, the last one stuffed with 0xFF.
    public mutating func section(_ section: [UInt8], pid: PID) {
        let size = TransportPacket.size - 4
        let stuffing = (size - (1 + section.count) % size) % size
        payload([0] + section + [UInt8](repeating: 0xFF, count: stuffing), pid: pid)
    }
}
