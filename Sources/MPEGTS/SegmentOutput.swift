/// Hands the packets on as segments: keeps back what is undecided, and renumbers the continuity counters of PIDs that
/// packets were added to.
///
/// Places are counted in bytes of whole packets from the beginning of the stream. What waits is the end of earlier runs
/// (``held``), then the run of packets that is being looked at.
struct SegmentOutput {
    private enum Phase {
        /// Nothing has been handed on: wait for a place to begin; what comes before is kept in the backlog, in case
        /// none comes.
        case waiting
        /// Nothing has been handed on: the first packet begins the first segment.
        case beginning
        case open(byteCount: Int, startElapsed: MediaTicks)
        case finished
    }

    /// A packet whose continuity counter may have to change when it is handed on.
    private struct Numbered {
        let position: Int
        let counter: Int
        let continuityCounter: UInt8
    }

    /// How the packets of a PID are numbered.
    private struct Counter {
        let pid: PID
        /// Packets that were added, modulo 16.
        var offset: UInt8 = 0
        /// Packets were added before any of the stream's own: the first of those is to continue their numbers.
        var isToContinue = false
        /// The continuity counter of the last packet as handed on, or let go before the first segment.
        var last: UInt8?
    }

    private var phase: Phase
    private var nextIndex = 0
    private var backlog: [UInt8] = []
    private var held: [UInt8] = []
    /// The place of the first byte of ``held``.
    private var heldStart = 0
    /// The place of the first byte that has not been handed on.
    private var flushed = 0
    private var numbered: [Numbered] = []
    private var counters: [Counter] = []
    private var scratch: [UInt8] = []

    /// - Parameter waits: keep what comes until a segment is started; else the first packet starts one.
    init(waits: Bool) {
        phase = waits ? .waiting : .beginning
    }

    /// The place of the run of packets that comes next.
    var end: Int { heldStart + held.count }

    /// Whether nothing has been handed on, and nothing is until a segment is started.
    var isWaiting: Bool {
        if case .waiting = phase { true } else { false }
    }

    /// When the current segment began; nil when there is none.
    var startElapsed: MediaTicks? {
        if case .open(_, let elapsed) = phase { elapsed } else { nil }
    }

    /// The packet at `position` is of a PID that packets may have been added to.
    mutating func note(_ pid: PID, continuityCounter: UInt8, at position: Int) {
        let counter = counterIndex(of: pid)
        numbered.append(Numbered(position: position, counter: counter, continuityCounter: continuityCounter))
    }

    private mutating func counterIndex(of pid: PID) -> Int {
        if let index = counters.firstIndex(where: { $0.pid == pid }) { return index }
        counters.append(Counter(pid: pid))
        return counters.count - 1
    }
}

// MARK: - Segments

extension SegmentOutput {
    /// Starts a segment with what stands at `position`; ends the one before there.
    ///
    /// `elapsed` is the media time that has gone by since the beginning of the stream, `run` the
    /// packets that are being looked at.
    mutating func start(
        _ reason: SegmentStart.Reason, pts: Timestamp?, at position: Int, elapsed: MediaTicks, run: RawSpan,
        emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        try flush(to: position, run: run, emit: emit)
        backlog = []
        try end(elapsed: elapsed, emit: emit)
        try open(reason, pts: pts, elapsed: elapsed, emit: emit)
    }

    /// No place to begin has come: hands on the backlog as the beginning of the first segment.
    mutating func startWithBacklog(emit: (borrowing SegmenterEvent) throws -> Void) throws {
        guard case .waiting = phase else { return }
        try open(.streamStart, pts: nil, elapsed: 0, emit: emit)
        guard !backlog.isEmpty else { return }
        phase = .open(byteCount: backlog.count, startElapsed: 0)
        try emit(.bytes(backlog.span.bytes))
        backlog = []
    }

    /// Ends the current segment, if there is one.
    mutating func end(elapsed: MediaTicks, emit: (borrowing SegmenterEvent) throws -> Void) throws {
        guard case .open(let byteCount, let startElapsed) = phase else { return }
        phase = .finished
        let duration = Duration(max(elapsed - startElapsed, 0))
        try emit(.segmentEnded(SegmentEnd(duration: duration, byteCount: byteCount, index: nextIndex - 1)))
    }

    private mutating func open(
        _ reason: SegmentStart.Reason, pts: Timestamp?, elapsed: MediaTicks,
        emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        phase = .open(byteCount: 0, startElapsed: elapsed)
        nextIndex += 1
        try emit(.segmentStarted(SegmentStart(reason: reason, pts: pts, index: nextIndex - 1)))
    }

    /// Adds packets to the current segment.
    ///
    /// They continue the numbering of their PID; what follows is renumbered, unless nothing of the PID has been handed
    /// on yet. `packets` have any continuity counters.
    mutating func insert(
        _ packets: [UInt8], pid: PID, isFirstSegment: Bool, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        let index = counterIndex(of: pid)
        let count = UInt8(truncatingIfNeeded: packets.count / TransportPacket.size)
        let following = numbered.first { $0.counter == index }?.continuityCounter
        let number = following.map { $0 &+ counters[index].offset } ?? counters[index].last.map { $0 &+ 1 }
        // Where nothing has been handed on, they end right before the packet that comes next, which keeps its number.
        var next = isFirstSegment ? (number ?? 0) &- count : number ?? 0
        if number == nil {
            counters[index].isToContinue = true
        } else if !isFirstSegment {
            counters[index].offset = (counters[index].offset &+ count) & 0x0F
        }
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: packets)
        for start in stride(from: 0, to: packets.count, by: TransportPacket.size) {
            scratch[start + 3] = scratch[start + 3] & 0xF0 | next & 0x0F
            next &+= 1
        }
        counters[index].last = (next &- 1) & 0x0F
        _ = try admit(scratch.count, emit: emit)
        try emit(.bytes(scratch.span.bytes))
    }

    /// PIDs whose packets have other numbers than they came with.
    var renumberedPIDs: [PID] { counters.filter { $0.offset != 0 || $0.isToContinue }.map(\.pid) }
}

// MARK: - Bytes

extension SegmentOutput {
    /// Hands on all that stands before `limit`.
    mutating func flush(to limit: Int, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void) throws {
        var next = 0
        while flushed < limit {
            var stop = limit
            var patch: Numbered?
            while patch == nil, next < numbered.count, numbered[next].position < limit {
                let packet = numbered[next]
                alignNumbers(packet)
                let offset = counters[packet.counter].offset
                counters[packet.counter].last = (packet.continuityCounter &+ offset) & 0x0F
                if offset != 0 {
                    stop = packet.position
                    patch = packet
                }
                next += 1
            }
            try deliver(to: stop, run: run, emit: emit)
            if let patch { try deliverRenumbered(patch, run: run, emit: emit) }
        }
        numbered.removeFirst(next)
    }

    private mutating func alignNumbers(_ packet: Numbered) {
        guard counters[packet.counter].isToContinue, let last = counters[packet.counter].last else { return }
        counters[packet.counter].isToContinue = false
        counters[packet.counter].offset = (last &+ 1 &- packet.continuityCounter) & 0x0F
    }

    /// The run of packets has been looked at: keeps what has not been handed on.
    mutating func keep(_ run: RawSpan) {
        let runStart = heldStart + held.count
        if flushed >= runStart {
            held.removeAll(keepingCapacity: true)
            held.append(contentsOf: run.extracting(flushed - runStart..<run.byteCount))
        } else {
            held.removeFirst(flushed - heldStart)
            held.append(contentsOf: run)
        }
        heldStart = flushed
    }

    private mutating func deliver(to limit: Int, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void) throws {
        let runStart = heldStart + held.count
        if flushed < min(limit, runStart) {
            let range = flushed - heldStart..<min(limit, runStart) - heldStart
            flushed += range.count
            if try admit(range.count, emit: emit) {
                try emit(.bytes(held.span.bytes.extracting(range)))
            } else {
                backlog.append(contentsOf: held[range])
            }
        }
        if flushed < limit {
            let range = flushed - runStart..<limit - runStart
            flushed += range.count
            if try admit(range.count, emit: emit) {
                try emit(.bytes(run.extracting(range)))
            } else {
                backlog.append(contentsOf: run.extracting(range))
            }
        }
    }

    private mutating func deliverRenumbered(
        _ packet: Numbered, run: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        let runStart = heldStart + held.count
        scratch.removeAll(keepingCapacity: true)
        if packet.position < runStart {
            let start = packet.position - heldStart
            scratch.append(contentsOf: held[start..<start + TransportPacket.size])
        } else {
            let start = packet.position - runStart
            scratch.append(contentsOf: run.extracting(start..<start + TransportPacket.size))
        }
        scratch[3] = scratch[3] & 0xF0 | (packet.continuityCounter &+ counters[packet.counter].offset) & 0x0F
        flushed = packet.position + TransportPacket.size
        _ = try admit(TransportPacket.size, emit: emit)
        try emit(.bytes(scratch.span.bytes))
    }

    /// Counts bytes that are about to be handed on.
    ///
    /// - Returns: false if they are to wait in the backlog.
    private mutating func admit(_ count: Int, emit: (borrowing SegmenterEvent) throws -> Void) throws -> Bool {
        if case .beginning = phase { try open(.streamStart, pts: nil, elapsed: 0, emit: emit) }
        guard case .open(let byteCount, let startElapsed) = phase else { return false }
        phase = .open(byteCount: byteCount + count, startElapsed: startElapsed)
        return true
    }
}
