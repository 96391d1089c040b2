extension GOPSegmenter {
    /// Goes through whole packets that stand one after the other.
    mutating func process(_ packets: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void) throws {
        let start = preroll == nil ? 0 : try receivePreroll(packets, emit: emit)
        let run = packets.extracting(start..<packets.byteCount)
        let base = output.end
        var offset = 0
        while offset < run.byteCount {
            let flags = run.byte(at: offset + 1)
            let pid = Int(flags & 0x1F) << 8 | Int(run.byte(at: offset + 2))
            let control = run.byte(at: offset + 3)
            let finding =
                flags & 0x80 != 0
                ? .inOrder
                : continuity.check(
                    pid, counter: control & 0x0F, hasPayload: control & 0x10 != 0,
                    jumps: AdaptationField(run, at: offset).discontinuityIndicator)
            let role = roles[pid]
            let isOfInterest =
                role & (Role.table | Role.renumbered | Role.awaited) != 0
                || role & Role.clock != 0 && control & 0x20 != 0
                || role & Role.cut != 0 && examination.stage != .idle
            if isOfInterest || flags & 0xC0 != 0 || finding != .inOrder || tables.run.isOpen
                || base + offset >= checkpoint
            {
                let packet = run.extracting(offset..<offset + TransportPacket.size)
                try look(at: packet, position: base + offset, role: role, finding: finding, run: run, emit: emit)
            }
            offset += TransportPacket.size
        }
        let limit = examination.candidate?.start ?? tables.run.start ?? base + run.byteCount
        try output.flush(to: limit, run: run, emit: emit)
        output.keep(run)
    }

    /// A packet that is not simply passed on.
    private mutating func look(
        at packet: RawSpan, position: Int, role: UInt8, finding: ContinuityChecker.Finding, run: RawSpan,
        emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        var role = role
        let header = PacketHeader(packet)
        if header.transportErrorIndicator { oddities.count(.transportError) }
        note(finding, pid: header.pid, role: role)
        let isReadable = !header.transportErrorIndicator && finding != .duplicate
        if role & (Role.table | Role.cut | Role.renumbered) != 0 {
            output.note(header.pid, continuityCounter: header.continuityCounter, at: position)
        }
        if role & Role.table != 0 {
            let isClear = header.transportScramblingControl == 0
            let change = tables.receive(
                packet, header: header, position: position, isReadable: isReadable && isClear, oddities: &oddities)
            checkpoint = min(checkpoint, (tables.run.start ?? position) + heldLimit)
            if let change { try receive(change, run: run, emit: emit) }
        } else if isReadable {
            let beginsUnit = header.hasPayload && header.payloadUnitStartIndicator
            if role & Role.awaited != 0, beginsUnit {
                try setAbsent(nil, run: run, emit: emit)
                role = roles[Int(header.pid.rawValue)]
            }
            if role & Role.cut == 0 || !beginsUnit { try endTableRun(run: run, emit: emit) }
            if role & Role.clock != 0 {
                try receiveClock(
                    packet, isUnit: role & Role.cut != 0 && beginsUnit, position: position, run: run, emit: emit)
            }
            if role & Role.cut != 0, header.hasPayload {
                try receiveCutStream(packet, header: header, position: position, run: run, emit: emit)
            } else if role & Role.companion != 0, beginsUnit {
                let payload = packet.extracting(header.payloadOffset..<TransportPacket.size)
                if case .header(let pes) = PESHeader.read(payload) {
                    try receiveCompanion(pes.decodingTimestamp, position: position, run: run, emit: emit)
                }
            }
        } else {
            try endTableRun(run: run, emit: emit)
        }
        if position >= checkpoint { try checkLimits(position: position, run: run, emit: emit) }
        if oddities.hasNews { try tellNews(emit) }
    }

    private mutating func note(_ finding: ContinuityChecker.Finding, pid: PID, role: UInt8) {
        switch finding {
        case .inOrder: break
        case .duplicate: oddities.count(.duplicatePacket)
        case .gap:
            oddities.count(.continuityError)
            if role & Role.table != 0 { tables.reset(pid) }
            if role & Role.cut != 0 { examination.skip() }
        }
    }

    /// Keeps what is held, and the segment, below their maximum sizes.
    private mutating func checkLimits(
        position: Int, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        if let candidate = examination.candidate, position >= candidate.start + heldLimit {
            oddities.count(.undecidedAccessUnit)
            try decide(.ordinary, run: run, emit: emit)
        }
        if let start = tables.run.start, position >= start + heldLimit { try endTableRun(run: run, emit: emit) }
        let holdStart = examination.candidate?.start ?? tables.run.start
        if holdStart == nil, position >= sizeLimit {
            oddities.count(.noRandomAccessPoint)
            try startWhole(before: position, run: run, emit: emit)
            try startSegment(.maximumByteCount, pts: nil, at: position, hasTables: false, run: run, emit: emit)
        }
        checkpoint = holdStart.map { $0 + heldLimit } ?? sizeLimit
    }
}
