/// Brings a player to the live edge that has to begin before it, with the random access point of a GOP that has lasted for some seconds.
///
/// A player shows pictures at the distances of their time stamps. One that begins 5 s before the edge therefore stays
/// 5 s behind it. Here the pictures before the edge get time stamps directly before it, in the same order: the player
/// decodes them as fast as it can, and shows or drops them at once. Their sound would be late then, and is left out.
public enum CatchUp {
    /// How far before the edge the first picture is put at most: 40 ms.
    static let pictureSpan: MediaTicks = 3_600
    /// How much sound before the edge is kept: 100 ms, and at least one PES packet, which tells the player what sound
    /// there is.
    static let soundSpan: MediaTicks = 9_000

    /// - Parameter bytes: A transport stream from its tables and a random access point up to the live edge; the last
    ///   packet may be in parts.
    /// - Returns: The same pictures with other time stamps. The tables come first, then the sound: a player that looks
    ///   at the first pictures only finds it there. The array itself where there is no picture, the clock jumps, the
    ///   pictures last for 40 ms at most, or a PES header does not fit into one packet.
    public static func hurried(_ bytes: [UInt8]) -> [UInt8] {
        let whole = bytes.count / TransportPacket.size * TransportPacket.size
        var scan = SegmentScan()
        scan.receive(bytes.span.bytes.extracting(0..<whole))
        scan.finish()
        let contents = scan.contents
        guard contents.alignment == .aligned, contents.jumpCount == 0, !contents.isScrambled,
            let program = contents.program,
            let video = program.video, let starts = UnitStarts(bytes, byteCount: whole, program: program),
            let line = TimeLine(starts.units.filter { $0.pid == video.pid })
        else { return bytes }

        var sound: [PID: Int] = [:]
        for stream in program.streams where stream.codec.kind == .audio {
            sound[stream.pid] = line.firstKept(of: stream.pid, starts) ?? whole
        }
        var before: [UInt8] = []
        var first: [UInt8] = []
        var rest: [UInt8] = []
        rest.reserveCapacity(bytes.count)
        for offset in stride(from: 0, to: whole, by: TransportPacket.size) {
            let pid = PacketHeader(bytes.span.bytes, at: offset).pid
            let packet = bytes[offset..<offset + TransportPacket.size]
            if let firstKept = sound[pid] {
                if offset >= firstKept { first += packet }
            } else if offset < starts.first {
                before += packet
            } else {
                rest += packet
                if let unit = starts.unit(at: offset), pid == video.pid {
                    unit.rewrite(&rest, from: rest.count - TransportPacket.size, by: line)
                }
            }
        }
        return before + first + rest + bytes[whole...]
    }
}

/// The beginnings of the PES packets of a program.
private struct UnitStarts {
    struct Unit {
        let pid: PID
        let offset: Int
        let payloadOffset: Int
        let header: PESHeader

        /// Gives the packet that begins at `start` the time stamps of `line`.
        func rewrite(_ bytes: inout [UInt8], from start: Int, by line: TimeLine) {
            // The first four bits say which time stamps there are.
            for (timestamp, place) in [(header.pts, 9), (header.dts, 14)] {
                guard let timestamp else { continue }
                let at = start + payloadOffset + place
                let written = PESHeader.bytes(line.moved(timestamp), prefix: bytes[at] >> 4)
                bytes.replaceSubrange(at..<at + written.count, with: written)
            }
        }
    }

    private(set) var units: [Unit] = []
    /// Where the first packet of any stream of the program is.
    private(set) var first = Int.max
    private var indices: [Int: Int] = [:]

    /// nil where a PES header does not fit into one packet, or cannot be read.
    init?(_ bytes: [UInt8], byteCount: Int, program: ProgramMap) {
        let span = bytes.span.bytes
        let pids = Set(program.streams.map(\.pid))
        for offset in stride(from: 0, to: byteCount, by: TransportPacket.size) {
            let header = PacketHeader(span, at: offset)
            guard pids.contains(header.pid) else { continue }
            first = min(first, offset)
            guard header.payloadUnitStartIndicator, header.hasPayload, !header.transportErrorIndicator else { continue }
            let payload = span.extracting(offset + header.payloadOffset..<offset + TransportPacket.size)
            switch PESHeader.read(payload) {
            case .header(let pes):
                indices[offset] = units.count
                units.append(Unit(pid: header.pid, offset: offset, payloadOffset: header.payloadOffset, header: pes))
            case .incomplete: return nil
            // Sections, for instance.
            case .invalid: continue
            }
        }
    }

    func unit(at offset: Int) -> Unit? { indices[offset].map { units[$0] } }
}

/// Where on the time line the moments before the edge are put.
private struct TimeLine {
    /// When the last picture is decoded.
    let edge: Timestamp
    /// From the first picture to the edge.
    let length: MediaTicks

    /// nil where there is nothing to hurry for.
    init?(_ pictures: [UnitStarts.Unit]) {
        let times = pictures.compactMap(\.header.decodingTimestamp)
        guard let first = times.first, let last = times.last else { return nil }
        edge = last
        length = first.distance(to: last)
        guard length > CatchUp.pictureSpan else { return nil }
    }

    /// Keeps the order: what was before something else is not behind it, and what is behind the edge stays where it is.
    func moved(_ timestamp: Timestamp) -> Timestamp {
        let distance = timestamp.distance(to: edge)
        guard distance > 0 else { return timestamp }
        return edge.advanced(by: -(min(distance, length) * CatchUp.pictureSpan.count / length.count))
    }

    /// Where the sound begins that is kept; nil for none.
    func firstKept(of pid: PID, _ starts: UnitStarts) -> Int? {
        let units = starts.units.filter { $0.pid == pid }
        let near = units.first { unit in unit.header.pts.map { $0.distance(to: edge) <= CatchUp.soundSpan } ?? false }
        return (near ?? units.last)?.offset
    }
}
