import CommandFrame
import Endings
import MPEGTS
import MediaChildren
import TrickleKit

/// One stream of a source on its way into a channel: bytes in, segments out.
package struct SourceStream: Sendable {
    /// How a stream follows on what its channel had before.
    package enum Joint: Sendable {
        /// As it comes, packet for packet.
        case none
        /// As it comes; the rounds of one that begins again and again follow one another on one time line.
        case rounds
        /// Where the channel has had other streams, the place is marked, and the tables count on from theirs.
        case marked(isContinuation: Bool, tables: TableVersions)
    }

    private let segmentation: GOPSegmenter.Configuration
    private let session: ToolSession
    private let start = ContinuousClock.now
    private var segmenter: GOPSegmenter
    private var marker: DiscontinuityMarker?
    /// What the streams of the channel, up to this one, have had; nil where nobody counts.
    package private(set) var tables: TableVersions?
    private var rounds: Rounds
    private var pace: RealTimePace
    private var output: ChannelOutput
    private var pictures = PictureWatch()
    /// Whether anything has come at all.
    private var hasBytes = false
    /// Whether what has come is not what was wanted: nothing of it goes out any more.
    private var isRefused = false

    /// - Parameters:
    ///   - isPaced: Whether it is held back to the speed of its clock.
    ///   - lead: How far it may be ahead of that.
    ///   - joinsStart: Whether what comes before the first random access point goes into the segment that begins there.
    package init(
        _ segmentation: GOPSegmenter.Configuration, _ joint: Joint, isPaced: Bool, lead: Duration = .zero,
        joinsStart: Bool = false, to outlet: any SegmentOutlet, _ session: ToolSession
    ) {
        self.segmentation = segmentation
        self.session = session
        segmenter = GOPSegmenter(segmentation)
        var isRepeated = false
        switch joint {
        case .none: break
        case .rounds: isRepeated = true
        case .marked(let isContinuation, var tables):
            marker = isContinuation ? DiscontinuityMarker() : nil
            tables.beginStream()
            self.tables = tables
        }
        rounds = Rounds(isNeeded: isRepeated)
        pace = RealTimePace(isKept: isPaced, lead: lead)
        output = ChannelOutput(outlet, joinsStart: joinsStart, session: session)
    }

    /// How many packets have come.
    package var packetCount: Int { segmenter.packetCount }
    /// How many segments were begun.
    package var segmentCount: Int { output.segmentCount }
    /// How many of them did not get through whole.
    package var droppedCount: Int { output.droppedCount }
    /// How much of the channel's time line the segments cover that have ended.
    package var mediaTime: Duration { output.mediaTime }
    /// Whether it lists video of which no player can decode a picture.
    package var lacksPictures: Bool { segmenter.lacksPictures }

    /// Says once, after some seconds or segments, that no player can show a picture of what has come: nothing has been published, or the video
    /// that it lists has had no random access point.
    ///
    /// - Returns: false before that, from then on, and for streams with pictures.
    package mutating func isNewlyWithoutPictures() -> Bool {
        pictures.isNews(
            lacksPictures: lacksPictures || segmentCount == 0, segmentCount: segmentCount,
            now: ContinuousClock.now - start)
    }

    /// - Returns: What is to be done then.
    /// - Throws: ``SourceFailure`` when it is no transport stream, or lacks the program.
    package mutating func receive(_ bytes: [UInt8]) throws(SourceFailure) -> [SegmentingStep] {
        hasBytes = hasBytes || !bytes.isEmpty
        let steps: [SegmentingStep]
        do { steps = try segmenter.steps(for: bytes, now: ContinuousClock.now - start) } catch {
            isRefused = true
            throw SourceFailure("\(error)")
        }
        if case .number(let number) = segmentation.program, let programs = segmenter.programNumbers,
            !programs.contains(number)
        {
            isRefused = true
            throw SourceFailure(ToolFailure.noProgram(Int(number), of: programs.map(Int.init)).message)
        }
        return rounds.shift(steps)
    }

    /// Carries steps out, each when it is due.
    ///
    /// - Throws: What the relay does.
    package mutating func perform(_ steps: [SegmentingStep]) async throws {
        try await pace.perform(steps.map { joined($0) }, on: &output, session)
    }

    /// Its source has come to an end, and begins again: the next round.
    ///
    /// - Returns: false where it has no time stamps by which rounds could follow one another.
    /// - Throws: What the relay does.
    package mutating func beginAgain() async throws -> Bool {
        try await perform(rounds.shift(try segmenter.finalSteps()))
        guard rounds.beginAgain() else { return false }
        segmenter = GOPSegmenter(segmentation)
        return true
    }

    /// Ends the last segment.
    ///
    /// - Parameters:
    ///   - isCut: Whether somebody has ended it in its middle, and knows that it goes on.
    ///   - mayBeEmpty: Whether nothing is wrong where nothing has come.
    /// - Throws: ``SourceFailure`` when there was not a single packet in what came; what the relay does.
    package mutating func finish(isCut: Bool = false, mayBeEmpty: Bool = false) async throws {
        if isRefused { return try await output.endSegment() }
        var failure: SourceFailure?
        do {
            let last = try segmenter.finalSteps().filter { !isCut || !$0.isNotice }
            try await perform(rounds.shift(last))
        } catch let error as NotTransportStream {
            failure = SourceFailure("\(error)")
        }
        try await output.endSegment()
        if let failure, hasBytes || !mayBeEmpty { throw failure }
    }

    /// Says what went through.
    package func summarize() { output.summarize() }

    /// The packets as they go out: where the stream begins in the middle of a channel, that is marked, and its tables count on.
    private mutating func joined(_ step: SegmentingStep) -> SegmentingStep {
        guard tables != nil, case .bytes(var packets) = step else { return step }
        if let marked = marker?.mark(packets) { packets = marked }
        tables?.renumber(&packets)
        return .bytes(packets)
    }
}
