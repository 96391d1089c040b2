extension GOPSegmenter {
    /// Looks for the tables in packets at the beginning of the stream, and keeps the packets.
    ///
    /// A random access point may stand before the first map of its program: once that is there, all is gone through
    /// again.
    ///
    /// - Returns: bytes of `packets` that have been dealt with; what comes after is to be gone through.
    mutating func receivePreroll(_ packets: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void) throws -> Int {
        var offset = 0
        let room = segmentByteLimit - (preroll?.count ?? 0)
        while offset < min(packets.byteCount, room) {
            let packet = packets.extracting(offset..<offset + TransportPacket.size)
            let header = PacketHeader(packet)
            offset += TransportPacket.size
            guard roles[Int(header.pid.rawValue)] & Role.table != 0 else { continue }
            let finding = continuity.check(
                Int(header.pid.rawValue), counter: header.continuityCounter, hasPayload: header.hasPayload,
                jumps: AdaptationField(packet).discontinuityIndicator)
            if finding == .gap { tables.reset(header.pid) }
            let isReadable =
                !header.transportErrorIndicator && finding != .duplicate && header.transportScramblingControl == 0
            // What is odd is counted when it is gone through again.
            var uncounted = OddityCounter()
            _ = tables.receive(packet, header: header, position: 0, isReadable: isReadable, oddities: &uncounted)
            for pid in tables.tablePIDs { roles[Int(pid.rawValue)] = Role.table }
            noteMissingProgram()
            if oddities.hasNews { try tellNews(emit) }
            if chosenProgram != nil { break }
        }
        preroll?.append(contentsOf: packets.extracting(0..<offset))
        if chosenProgram != nil || (preroll?.count ?? 0) >= segmentByteLimit { try endPreroll(emit: emit) }
        return offset
    }

    /// It is known which stream to cut at, or it is no use to wait for that any longer: goes through what has been
    /// kept.
    mutating func endPreroll(emit: (borrowing SegmenterEvent) throws -> Void) throws {
        guard let packets = preroll else { return }
        preroll = nil
        tables.rewind()
        continuity = ContinuityChecker()
        try receive(.association, run: RawSpan(), emit: emit)
        var offset = 0
        let size = PacketReader.maximumRunCount * TransportPacket.size
        while offset < packets.count {
            let end = min(offset + size, packets.count)
            try process(packets.span.bytes.extracting(offset..<end), emit: emit)
            offset = end
        }
    }
}
