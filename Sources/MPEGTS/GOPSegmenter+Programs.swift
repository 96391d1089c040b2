extension GOPSegmenter {
    /// The program that decides where to cut, by its place in ``ProgramTables/programs``; nil as long as that is open.
    var chosenProgram: Int? {
        let programs = tables.programs
        // Maps come one after the other: wait until each one that comes has come, unless the first is what is looked
        // for.
        let isSettled =
            preroll == nil || programs.allSatisfy { $0.map != nil } || tables.hasComeAround
        if case .number(let number) = configuration.program {
            return programs.firstIndex { $0.number == number && $0.map != nil }
        }
        let withVideo = programs.firstIndex { $0.map?.video != nil }
        if isSettled || withVideo == 0 {
            return withVideo ?? programs.firstIndex { $0.map?.streams.isEmpty == false }
        }
        return nil
    }

    /// Whether segments begin with the map of `program`.
    func repeats(_ program: ProgramTables.Program) -> Bool {
        program.map != nil && (configuration.program == .all || program.number == chosenProgramNumber)
    }

    /// A table has come that is new or changed.
    mutating func receive(
        _ change: ProgramTables.Change, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        let before = chosenProgramNumber
        let chosen = chosenProgram
        chosenProgramNumber = chosen.map { tables.programs[$0].number }
        noteMissingProgram()
        if case .map(let index) = change, before != nil {
            if repeats(tables.programs[index]) { hasTableChange = true }
        }
        try retarget(chosen.flatMap { tables.programs[$0].map }, run: run, emit: emit)
    }

    /// Counts, once, that the program that was asked for is not in the program association table.
    mutating func noteMissingProgram() {
        guard case .number(let number) = configuration.program, tables.isComplete else { return }
        guard oddities.counts[Oddity.programNotFound.rawValue] == 0 else { return }
        if !tables.programs.contains(where: { $0.number == number }) { oddities.count(.programNotFound) }
    }

    /// Cuts at another stream from here on.
    private mutating func retarget(
        _ map: ProgramMap?, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        if map?.video?.pid != absentPID { absentPID = nil }
        let newTarget = map.map { CutTarget($0, without: absentPID) } ?? .none
        if newTarget != target {
            try decide(.ordinary, run: run, emit: emit)
            target = newTarget
            targetHasCome = false
            examination = Examination()
            clock.restart()
            switch newTarget {
            case .accessUnits(_, let syntax): examination.scanner = AccessUnitScanner(syntax: syntax)
            case .time(_, let codec) where codec.kind == .video: oddities.count(.codecWithoutRandomAccessPoints)
            case .time, .none: break
            }
        }
        targetStart = nil
        let companion = map?.streams.first { $0.codec.kind == .audio && $0.pid != newTarget.pid }
        if companion?.pid != companionPID {
            companionPID = companion?.pid
            companionClock.restart()
        }
        assignRoles(map)
    }

    /// The program's video does not come, or has come after all: cuts at what there is.
    mutating func setAbsent(
        _ pid: PID?, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        absentPID = pid
        try retarget(chosenProgram.flatMap { tables.programs[$0].map }, run: run, emit: emit)
    }

    private mutating func assignRoles(_ map: ProgramMap?) {
        for index in roles.indices { roles[index] = Role.none }
        if let pid = map?.pcrPID { roles[Int(pid.rawValue)] |= Role.clock }
        if let pid = companionPID { roles[Int(pid.rawValue)] |= Role.companion }
        if let pid = target.pid { roles[Int(pid.rawValue)] |= Role.cut }
        if let pid = absentPID { roles[Int(pid.rawValue)] |= Role.awaited }
        // A PID that is said to carry tables and media carries tables.
        for pid in tables.tablePIDs { roles[Int(pid.rawValue)] = Role.table }
        for pid in output.renumberedPIDs { roles[Int(pid.rawValue)] |= Role.renumbered }
    }
}
