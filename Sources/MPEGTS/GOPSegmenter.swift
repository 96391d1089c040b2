/// Cuts an MPEG transport stream into segments that stand alone: each begins with the program association table, the
/// program map, and a random access point of the video.
///
/// Bytes in, events out, without a clock or a socket. Packets leave as they come. Kept back are: what is not a whole
/// packet yet; table packets until the next packet shows whether a segment begins there; and, from the start of an
/// access unit, what comes before its first slice, at most ``maximumHeldByteCount``. Put together, the segments give
/// the input back packet for packet, from the first random access point on, but for tables that are repeated and the
/// continuity counters of their PIDs. `docs/mpegts.md` says more.
///
/// ```swift
/// var segmenter = GOPSegmenter()
/// try segmenter.receive(bytes, now: arrival) { event in
///     switch event {
///     case .segmentStarted(let start): …
///     case .bytes(let packets): …
///     case .segmentEnded(let end): …
///     case .notice(let oddity): …
///     }
/// }
/// ```
public struct GOPSegmenter: Sendable {
    /// What is kept back of an access unit that is not decided, or of a run of tables.
    public static let maximumHeldByteCount = 64 << 10
    /// An H.264 stream that has announced no random access point for so long is cut at I pictures with parameter sets.
    public static let announcementTime = Duration.seconds(5)
    /// A program whose video has not come for so long, though its sound has, is cut as one without video until it comes.
    public static let absenceTime = Duration.seconds(2)
    /// Without a single packet in so many bytes, the input is not MPEG-TS.
    public static let maximumSearchByteCount = 1 << 20

    /// What a packet of a PID is good for, as bits.
    enum Role {
        static let none: UInt8 = 0
        static let table: UInt8 = 1
        /// The stream that is cut at.
        static let cut: UInt8 = 2
        /// Another stream of the program, whose time stamps tell when the one to cut at has vanished.
        static let companion: UInt8 = 4
        static let clock: UInt8 = 8
        /// Packets were added to the stream: the numbers of its own change.
        static let renumbered: UInt8 = 16
        /// A video that is listed and has not come.
        static let awaited: UInt8 = 32
    }

    public let configuration: Configuration
    /// What comes before it is known which stream to cut at: it is gone through again then. At most
    /// ``Configuration/maximumByteCount``.
    var preroll: [UInt8]? = []
    var reader = PacketReader()
    var tables = ProgramTables()
    var oddities = OddityCounter()
    var output: SegmentOutput
    var roles = [UInt8](repeating: Role.none, count: PID.count)
    var continuity = ContinuityChecker()
    var target = CutTarget.none
    var examination = Examination()
    /// Media time of the stream that is cut at.
    var clock = MediaClock()
    /// Media time of the companion stream, or of the program clock.
    var companionClock = MediaClock()
    /// What the companion's clock showed when the segment began.
    var companionStart: MediaTicks = 0
    /// What the companion's clock showed when it was the first to come of the program's streams.
    var targetStart: MediaTicks?
    var lastPCR: Timestamp?
    /// The map of the program changed in the run of tables: a segment begins with it.
    var hasTableChange = false
    /// Whether the stream has had a random access point that says of itself that it is one.
    var hasAnnouncedPoints = false
    /// Whether a picture of the video has come with which decoding can begin, as far as can be told.
    var hasPicture = false
    /// Whether a segment has started but for the beginning of the stream: the first place to cut is always taken.
    var hasCut = false
    var chosenProgramNumber: UInt16?
    var companionPID: PID?
    /// The program's video, where it does not come though other streams do.
    var absentPID: PID?
    /// Whether the stream to cut at has come.
    var targetHasCome = false
    /// A place where more than the fast path has to be looked at: a limit is reached.
    var checkpoint = 0
    /// Where the segment has its maximum size.
    var sizeLimit = 0
    var now = Duration.zero
    var firstArrival: Duration?
    /// How many packets have come.
    public private(set) var packetCount = 0
    /// The first bytes, to say what they are if they are no packets.
    private var head: [UInt8] = []
    private var searchedByteCount = 0

    public init(_ configuration: Configuration = .init()) {
        self.configuration = configuration
        output = SegmentOutput(waits: configuration.startsAtFirstRandomAccessPoint)
        roles[Int(PID.pat.rawValue)] = Role.table
        sizeLimit = segmentByteLimit
        checkpoint = sizeLimit
    }

    /// The programs that the stream lists; nil before it has.
    public var programNumbers: [UInt16]? { tables.isComplete ? tables.programs.map(\.number) : nil }

    /// Whether the program lists video, and no picture of it has come with which decoding can begin.
    public var lacksPictures: Bool {
        guard !hasPicture, chosenProgram.flatMap({ tables.programs[$0].map })?.video != nil else { return false }
        // What these have in them is not seen here.
        return [Oddity.scrambled, .undecidedAccessUnit].allSatisfy { oddities.counts[$0.rawValue] == 0 }
    }

    /// How often each kind of oddity has come.
    public var oddityCounts: [Oddity: Int] {
        Dictionary(uniqueKeysWithValues: Oddity.allCases.map { ($0, oddities.counts[$0.rawValue]) }.filter { $0.1 > 0 })
    }

    /// Room for what is held and for tables stays below the maximum.
    var segmentByteLimit: Int {
        min(max(configuration.maximumByteCount, 64 << 10), 1 << 40) - heldByteLimit
    }

    /// How far from its beginning the last packet may stand of what is held.
    var heldLimit: Int { heldByteLimit - TransportPacket.size }

    private var heldByteLimit: Int {
        min(Self.maximumHeldByteCount, max(configuration.maximumByteCount, 64 << 10) / 4)
    }

    /// Reads any run of bytes.
    ///
    /// - Parameters:
    ///   - bytes: packets, from any place to any place.
    ///   - now: when they arrived, on any clock that does not go back; used where the stream has no usable clock.
    ///   - emit: called for each event, in order. After it has thrown, the segmenter must not be used any more.
    /// - Throws: ``NotTransportStream``, and what `emit` throws.
    public mutating func receive(
        _ bytes: RawSpan, now: Duration = .zero, emit: (borrowing SegmenterEvent) throws -> Void
    ) throws {
        self.now = now
        if firstArrival == nil { firstArrival = now }
        var rest = bytes
        // What is refused is refused at the same byte, however the input comes.
        while !reader.hasLocked, rest.byteCount > 0 {
            let limit =
                searchedByteCount < PacketReader.maximumSearchSize
                ? PacketReader.maximumSearchSize : Self.maximumSearchByteCount
            let count = min(rest.byteCount, limit - searchedByteCount)
            let part = rest.extracting(0..<count)
            remember(part)
            try read(part, emit: emit)
            if !reader.hasLocked { try refuseHopeless() }
            rest = rest.extracting(count..<rest.byteCount)
        }
        try read(rest, emit: emit)
        try giveUpWaiting(emit: emit)
    }

    private mutating func read(_ bytes: RawSpan, emit: (borrowing SegmenterEvent) throws -> Void) throws {
        var offset = 0
        while true {
            let step = reader.next(bytes, at: &offset)
            try noteReader(emit)
            switch step {
            case .input(let range):
                packetCount += range.count / TransportPacket.size
                try process(bytes.extracting(range), emit: emit)
            case .store: try processStore(emit)
            case .needsInput: return
            }
        }
    }

    /// The stream has ended: hands on what is kept back, and ends the segment.
    ///
    /// - Throws: ``NotTransportStream`` if there was not a single packet, and what `emit` throws.
    public mutating func finish(emit: (borrowing SegmenterEvent) throws -> Void) throws {
        while reader.finish() {
            try noteReader(emit)
            try processStore(emit)
        }
        try noteReader(emit)
        guard reader.hasLocked else {
            throw NotTransportStream(format: InputFormat(head: head), byteCount: searchedByteCount)
        }
        try endPreroll(emit: emit)
        let nothing = RawSpan()
        try endUnit(run: nothing, emit: emit)
        try decide(.ordinary, run: nothing, emit: emit)
        try endTableRun(run: nothing, emit: emit)
        try output.flush(to: output.end, run: nothing, emit: emit)
        if output.isWaiting {
            oddities.count(target == .none ? .noTables : .noRandomAccessPoint)
            try output.startWithBacklog(emit: emit)
        }
        try tellNews(emit)
        try output.end(elapsed: clock.elapsed, emit: emit)
    }

    private mutating func processStore(_ emit: (borrowing SegmenterEvent) throws -> Void) throws {
        let store = reader.takeStore()
        packetCount += store.count / TransportPacket.size
        try process(store.span.bytes, emit: emit)
        reader.returnStore(store)
    }

    private mutating func noteReader(_ emit: (borrowing SegmenterEvent) throws -> Void) throws {
        guard reader.hasNews else { return }
        let news = reader.takeNews()
        oddities.count(.droppedBytes, by: news.droppedByteCount)
        oddities.count(.syncLoss, by: news.lossCount)
        if news.truncatedByteCount > 0 { oddities.count(.truncatedPacket) }
        try tellNews(emit)
    }

    mutating func tellNews(_ emit: (borrowing SegmenterEvent) throws -> Void) throws {
        while let oddity = oddities.nextNews() { try emit(.notice(oddity)) }
    }

    private mutating func remember(_ bytes: RawSpan) {
        searchedByteCount += bytes.byteCount
        let count = min(bytes.byteCount, InputFormat.headSize - head.count)
        if count > 0 { head.append(contentsOf: bytes.extracting(0..<count)) }
    }

    /// Five packets of any size would have been found in what was searched, had it begun with some.
    private func refuseHopeless() throws {
        let format = searchedByteCount >= PacketReader.maximumSearchSize ? InputFormat(head: head) : nil
        if format != nil || searchedByteCount >= Self.maximumSearchByteCount {
            throw NotTransportStream(format: format, byteCount: searchedByteCount)
        }
    }
}
