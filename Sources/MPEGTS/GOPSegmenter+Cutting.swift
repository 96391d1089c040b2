extension GOPSegmenter {
    /// A packet with payload of the stream to cut at.
    mutating func receiveCutStream(
        _ packet: RawSpan, header: PacketHeader, position: Int, run: RawSpan,
        emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        targetHasCome = true
        if header.payloadUnitStartIndicator {
            try beginUnit(header: header, position: position, run: run, emit: emit)
        }
        guard examination.stage != .idle, header.transportScramblingControl == 0 else { return }
        var payload = packet.extracting(header.payloadOffset..<TransportPacket.size)
        if examination.stage == .header {
            let earlier = examination.header.count
            let reading: PESHeader.Reading
            if earlier == 0 {
                reading = PESHeader.read(payload)
            } else {
                examination.header.append(contentsOf: payload)
                reading = PESHeader.read(examination.header.span.bytes)
            }
            switch reading {
            case .incomplete:
                if earlier == 0 { examination.header.append(contentsOf: payload) }
                return
            case .invalid:
                oddities.count(.missingPESHeader)
                try decide(.ordinary, run: run, emit: emit)
                return
            case .header(let pes):
                payload = payload.extracting(max(pes.size - earlier, 0)..<payload.byteCount)
                try receiveHeader(pes, payload: payload, run: run, emit: emit)
            }
        }
        guard examination.stage == .accessUnit, let verdict = examination.scanner?.scan(payload) else { return }
        if verdict != .undecided { try decide(verdict, run: run, emit: emit) }
    }

    /// A PES packet of the stream to cut at begins.
    private mutating func beginUnit(
        header: PacketHeader, position: Int, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        try endUnit(run: run, emit: emit)
        // Some encoders put parameter sets and slices in PES packets of their own: the candidate stays where the first
        // began.
        let continues = examination.candidate != nil && examination.scanner?.hasBegunAccessUnit == true
        if continues {
            try endTableRun(run: run, emit: emit)
        } else {
            try decide(.ordinary, run: run, emit: emit)
            examination.candidate = Examination.Candidate(
                start: tables.run.start ?? position, packet: position, hasTables: runHasTables,
                hasTableChange: hasTableChange)
        }
        hasTableChange = false
        tables.endRun()
        examination.header.removeAll(keepingCapacity: true)
        examination.stage = .header
        examination.scanner?.beginPacket(continuing: continues)
        checkpoint = min(checkpoint, (examination.candidate?.start ?? position) + heldLimit)
        if header.transportScramblingControl != 0 {
            oddities.count(.scrambled)
            clock.advance(to: lastPCR, now: now)
            examination.candidate?.elapsed = clock.elapsed
            try decideByTime(isAligned: true, run: run, emit: emit)
        }
    }

    /// A PES packet of the stream to cut at has ended, which may decide what a short slice is.
    mutating func endUnit(run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void) throws {
        guard examination.stage == .accessUnit, let verdict = examination.scanner?.endPacket() else { return }
        if verdict != .undecided { try decide(verdict, run: run, emit: emit) }
    }

    private mutating func receiveHeader(
        _ pes: PESHeader, payload: RawSpan, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        let timestamp = pes.decodingTimestamp
        if timestamp != nil { examination.hasTimestamps = true }
        let jumps = clock.jumpCount
        clock.advance(to: timestamp ?? (examination.hasTimestamps ? nil : lastPCR), now: now)
        if clock.jumpCount > jumps { oddities.count(.timestampJump) }
        if clock.usesArrival { oddities.count(.noClock) }
        if examination.candidate?.pts == nil {
            examination.candidate?.pts = pes.pts
            examination.candidate?.dts = pes.dts
            examination.candidate?.elapsed = clock.elapsed
        }
        examination.stage = .accessUnit
        if pes.scramblingControl != 0 {
            oddities.count(.scrambled)
            try decideByTime(isAligned: true, run: run, emit: emit)
        } else if case .time(_, let codec) = target {
            if codec.kind == .video { hasPicture = true }
            try decideByTime(isAligned: codec.beginsFrame(payload), run: run, emit: emit)
        }
    }

    /// Segments of the target duration, where nothing better can be known.
    private mutating func decideByTime(
        isAligned: Bool, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        guard let candidate = examination.candidate else { return }
        let length = candidate.elapsed - (output.startElapsed ?? 0)
        let target = MediaTicks(configuration.targetDuration)
        let isDue = output.isWaiting || length >= target
        // Where frames do not begin with PES packets, any has to do in the end; so it has at the beginning, or it would be lost.
        if isDue, isAligned || output.isWaiting || length >= target * 2 {
            try cut(.targetDuration, run: run, emit: emit)
        } else {
            try decide(.ordinary, run: run, emit: emit)
        }
    }

    /// What the access unit at the candidate is.
    mutating func decide(
        _ verdict: AccessUnitScanner.Verdict, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        guard let candidate = examination.candidate else {
            examination.stage = .idle
            return
        }
        if examination.scanner?.canBegin(with: verdict) == true { hasPicture = true }
        let length = candidate.elapsed - (output.startElapsed ?? 0)
        if case .randomAccessPoint(let kind) = accepted(verdict, at: candidate.elapsed),
            !hasCut || length >= MediaTicks(configuration.minimumDuration)
        {
            return try cut(.randomAccessPoint(kind), run: run, emit: emit)
        }
        if candidate.hasTableChange, !output.isWaiting { return try cut(.tableChange, run: run, emit: emit) }
        if let maximum = configuration.maximumDuration, length >= MediaTicks(maximum) {
            oddities.count(.noRandomAccessPoint)
            try startWhole(before: candidate.start, run: run, emit: emit)
            return try cut(.maximumDuration, run: run, emit: emit)
        }
        try endExamination(run: run, emit: emit)
    }

    /// In a stream that announces no random access points, I pictures with parameter sets have to do.
    private mutating func accepted(
        _ verdict: AccessUnitScanner.Verdict, at elapsed: MediaTicks
    ) -> AccessUnitScanner.Verdict {
        switch verdict {
        case .randomAccessPoint:
            hasAnnouncedPoints = true
            return verdict
        case .unannouncedIntra where !hasAnnouncedPoints && elapsed >= MediaTicks(Self.announcementTime):
            oddities.count(.unannouncedRandomAccessPoint)
            return .randomAccessPoint(.intraPicture)
        case .unannouncedIntra, .ordinary, .undecided:
            return verdict
        }
    }

    /// Starts a segment at the candidate.
    private mutating func cut(
        _ reason: SegmentStart.Reason, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        guard let candidate = examination.candidate else { return }
        let isFirst = output.isWaiting
        try startSegment(
            reason, pts: candidate.pts, at: candidate.start, elapsed: candidate.elapsed, hasTables: candidate.hasTables,
            run: run, emit: emit)
        if case .randomAccessPoint = reason, let pid = target.pid, let sets = examination.scanner?.parameterSets,
            !sets.isInAccessUnit, !sets.bytes.isEmpty
        {
            oddities.count(.missingParameterSets)
            let header = PESHeader(streamID: 0xE0, pts: candidate.pts, dts: candidate.dts)
            // Tables that stand directly before the picture come first.
            try output.flush(to: candidate.packet, run: run, emit: emit)
            try output.insert(
                AddedPackets.pes(header.packet(sets.bytes), pid: pid), pid: pid, isFirstSegment: isFirst, emit: emit)
            roles[Int(pid.rawValue)] |= Role.renumbered
        }
        try endExamination(run: run, emit: emit)
    }

    private mutating func endExamination(run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void) throws {
        examination.stage = .idle
        let later = examination.candidate?.laterTableChange
        examination.candidate = nil
        guard let later, !output.isWaiting else { return }
        try startSegment(.tableChange, pts: nil, at: later.position, hasTables: later.hasTables, run: run, emit: emit)
    }
}
