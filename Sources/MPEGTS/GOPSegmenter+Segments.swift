extension GOPSegmenter {
    /// Whether the run of tables that has just come is all that a segment begins with: the program association table,
    /// then the maps.
    var runHasTables: Bool {
        guard tables.run.isOpen, tables.run.associationIsComplete else { return false }
        var isAny = false
        for program in tables.programs where repeats(program) {
            guard program.lastRun == tables.run.number else { return false }
            isAny = true
        }
        return isAny
    }

    /// Starts a segment with what stands at `position`; repeats the tables unless it `hasTables` there.
    mutating func startSegment(
        _ reason: SegmentStart.Reason, pts: Timestamp?, at position: Int, elapsed: MediaTicks? = nil, hasTables: Bool,
        run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        let isFirst = output.isWaiting
        hasCut = true
        try output.start(reason, pts: pts, at: position, elapsed: elapsed ?? clock.elapsed, run: run, emit: emit)
        companionStart = companionClock.elapsed
        sizeLimit = position + segmentByteLimit
        checkpoint = min(position + heldLimit, sizeLimit)
        guard !hasTables, tables.isComplete else { return }
        for section in tables.associationSections {
            try output.insert(AddedPackets.section(section, pid: .pat), pid: .pat, isFirstSegment: isFirst, emit: emit)
        }
        for program in tables.programs where repeats(program) {
            try output.insert(
                AddedPackets.section(program.section, pid: program.mapPID), pid: program.mapPID,
                isFirstSegment: isFirst, emit: emit)
        }
    }

    /// The wait for a place to begin is over: what has come before `position` is the first segment.
    mutating func startWhole(
        before position: Int, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        guard output.isWaiting else { return }
        try output.flush(to: position, run: run, emit: emit)
        try output.startWithBacklog(emit: emit)
    }

    /// A packet has come that is no table and begins no access unit: what the run of tables changed begins a segment
    /// with the run.
    mutating func endTableRun(run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void) throws {
        guard let start = tables.run.start else { return }
        let hasTables = runHasTables
        let hasChange = hasTableChange && !output.isWaiting
        hasTableChange = false
        tables.endRun()
        guard hasChange else { return }
        if examination.candidate == nil {
            try startSegment(.tableChange, pts: nil, at: start, hasTables: hasTables, run: run, emit: emit)
        } else if examination.candidate?.laterTableChange == nil {
            examination.candidate?.laterTableChange = (start, hasTables)
        }
    }

    /// A packet of the program's clock; `isUnit`: it also begins a unit of the stream to cut at.
    mutating func receiveClock(
        _ packet: RawSpan, isUnit: Bool, position: Int, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        guard let pcr = AdaptationField(packet).pcrBase else { return }
        lastPCR = pcr
        if companionPID == nil, !isUnit { try receiveCompanion(pcr, position: position, run: run, emit: emit) }
    }

    /// Time goes by while the stream to cut at may have vanished.
    mutating func receiveCompanion(
        _ timestamp: Timestamp?, position: Int, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        companionClock.advance(to: timestamp, now: now)
        if !targetHasCome { try missTarget(position: position, run: run, emit: emit) }
        guard examination.candidate == nil, let maximum = configuration.maximumDuration else { return }
        // The stream to cut at comes first, and has a second's time for that.
        let limit = MediaTicks(maximum) + .seconds(1)
        guard companionClock.elapsed - companionStart >= limit else { return }
        oddities.count(.noRandomAccessPoint)
        try startWhole(before: position, run: run, emit: emit)
        try startSegment(.maximumDuration, pts: nil, at: position, hasTables: false, run: run, emit: emit)
    }

    /// The stream to cut at has not come yet: after a while sound goes without its video.
    private mutating func missTarget(
        position: Int, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        let start = targetStart ?? companionClock.elapsed
        targetStart = start
        guard let companionPID, companionClock.elapsed - start >= MediaTicks(Self.absenceTime),
            let map = chosenProgram.flatMap({ tables.programs[$0].map }), let video = map.video,
            video.pid == target.pid,
            CutTarget(map, without: video.pid).pid == companionPID
        else { return }
        oddities.count(.videoNotThere)
        if output.isWaiting {
            try startWhole(before: position, run: run, emit: emit)
            // The sound's own time counts, from its beginning on.
            clock = companionClock
        }
        try setAbsent(video.pid, run: run, emit: emit)
    }

    /// Where a stream has no usable clock, the wait for a place to begin ends by the arrival clock.
    mutating func giveUpWaiting(emit: (borrowing SegmenterEvent) throws -> Void) throws {
        guard output.isWaiting, let maximum = configuration.maximumDuration, let firstArrival else { return }
        guard now - firstArrival >= maximum else { return }
        try endPreroll(emit: emit)
        guard output.isWaiting else { return }
        oddities.count(target == .none ? .noTables : .noRandomAccessPoint)
        try output.startWithBacklog(emit: emit)
        try tellNews(emit)
    }
}
