import CommandFrame
import MPEGTS
import Publishing

/// One stream of a source on its way into a channel: bytes in, segments out.
struct SourceStream {
    private let program: ProgramChoice
    private let session: ToolSession
    private let start = ContinuousClock.now
    private var segmenter: GOPSegmenter
    private var marker: DiscontinuityMarker?
    /// What the streams of the channel, up to this one, have had.
    private(set) var tables: TableVersions
    private var pace: RealTimePace
    private var output: ChannelOutput
    /// Whether anything has come at all.
    private var hasBytes = false
    /// Whether what has come is not what was wanted: nothing of it goes out any more.
    private var isRefused = false

    /// - Parameters:
    ///   - isContinuation: Whether the channel has had another stream before: the place is marked then.
    ///   - tables: What the streams before have had.
    ///   - isPaced: Whether it is held back to the speed of its clock.
    init(
        _ segmentation: GOPSegmenter.Configuration, isContinuation: Bool, tables: TableVersions, isPaced: Bool,
        to outlet: any SegmentOutlet, _ session: ToolSession
    ) {
        program = segmentation.program
        self.session = session
        segmenter = GOPSegmenter(segmentation)
        marker = isContinuation ? DiscontinuityMarker() : nil
        self.tables = tables
        self.tables.beginStream()
        pace = RealTimePace(isKept: isPaced)
        output = ChannelOutput(outlet, joinsStart: false, session: session)
    }

    /// How many packets have come.
    var packetCount: Int { segmenter.packetCount }
    /// How many segments were begun.
    var segmentCount: Int { output.segmentCount }

    /// - Returns: What is to be done then.
    /// - Throws: ``SourceFailure`` when it is no transport stream, or lacks the program.
    mutating func receive(_ bytes: [UInt8]) throws(SourceFailure) -> [SegmentingStep] {
        hasBytes = hasBytes || !bytes.isEmpty
        let steps: [SegmentingStep]
        do { steps = try segmenter.steps(for: bytes, now: ContinuousClock.now - start) } catch {
            isRefused = true
            throw SourceFailure("\(error)")
        }
        if case .number(let number) = program, let programs = segmenter.programNumbers, !programs.contains(number) {
            isRefused = true
            let list = programs.map(String.init).joined(separator: ", ")
            throw SourceFailure("there is no program \(number) in it: it has \(list)")
        }
        return steps
    }

    /// Carries steps out, each when it is due.
    ///
    /// - Throws: What the relay does.
    mutating func perform(_ steps: [SegmentingStep]) async throws {
        try await pace.perform(steps.map { joined($0) }, on: &output, session)
    }

    /// Ends the last segment.
    ///
    /// - Throws: ``SourceFailure`` when there was not a single packet in what came; what the relay does.
    mutating func finish() async throws {
        if isRefused { return try await output.endSegment() }
        var failure: SourceFailure?
        do { try await perform(try segmenter.finalSteps()) } catch let error as NotTransportStream {
            if hasBytes { failure = SourceFailure("\(error)") }
        }
        try await output.endSegment()
        if let failure { throw failure }
    }

    /// The packets as they go out: where the stream begins in the middle of a channel, that is marked, and its tables count on.
    private mutating func joined(_ step: SegmentingStep) -> SegmentingStep {
        guard case .bytes(var packets) = step else { return step }
        if let marked = marker?.mark(packets) { packets = marked }
        tables.renumber(&packets)
        return .bytes(packets)
    }
}
