import Endings
import MPEGTS

/// Finds where a push begins: with the first segment that has something of all sound and pictures that its program lists.
///
/// A source that was joined between two keyframes gives sound alone at first, and an ffmpeg that does not see the pictures knows nothing of
/// them: it fails, or sends sound alone for ever. What is listed may never come. It is waited for through five segments, and for 10 s.
struct PushBeginning {
    /// What ffmpeg is started with.
    struct Start {
        /// From the segment's first byte on.
        let bytes: [UInt8]
        /// What comes, by the names of ``Codec``.
        let codecs: Set<String>
        /// The streams that are listed and did not come.
        let absent: [PID]
    }

    /// How many segments are passed over at most.
    static let maximumSegmentCount = 5
    /// For how long after the first byte a stream is waited for.
    static let patience = Duration.seconds(10)
    /// The most bytes of a segment that are held: 8 MiB. What has not come then is taken for absent.
    static let maximumByteCount = 8 << 20
    /// What is read to find the tables, which are at the start of each segment.
    private static let maximumTableByteCount = 256 << 10

    private var bytes: [UInt8] = []
    private var analyzer = StreamAnalyzer()
    private var begunAt: Duration?
    private(set) var passedOver = 0

    /// What was read of the segment before was not enough.
    mutating func beginSegment() {
        if !bytes.isEmpty { passedOver += 1 }
        bytes = []
        analyzer = StreamAnalyzer()
    }

    /// - Returns: nil while it is not known where to begin.
    /// - Throws: ``ToolFailure`` when it is no transport stream.
    mutating func receive(_ more: [UInt8], now: Duration) throws -> Start? {
        begunAt = begunAt ?? now
        bytes += more
        do { try analyzer.receive(more.span.bytes, now: now) } catch { throw notTransportStream }
        // What is looked at is a copy: the analysis of the segment goes on.
        var look = analyzer
        let programs = (try? look.finish())?.programs ?? []
        guard !programs.isEmpty, programs.allSatisfy(\.hasMap) else {
            if bytes.count >= Self.maximumTableByteCount { throw notTransportStream }
            return nil
        }
        let wanted = programs.flatMap(\.streams).filter { Self.kinds.contains($0.codec) }
        let absent = wanted.filter { !Self.hasCome($0) }
        if !absent.isEmpty, !isOverdue(now) { return nil }
        return Start(
            bytes: bytes,
            codecs: Set(programs.flatMap(\.streams).filter { !absent.map(\.pid).contains($0.pid) }.map(\.codec)),
            absent: absent.map(\.pid))
    }

    private func isOverdue(_ now: Duration) -> Bool {
        passedOver >= Self.maximumSegmentCount || bytes.count >= Self.maximumByteCount
            || now - (begunAt ?? now) >= Self.patience
    }

    private var notTransportStream: ToolFailure {
        ToolFailure("the channel is no MPEG-TS with a program in it: it cannot be pushed to a media server")
    }

    private static func hasCome(_ stream: StreamAnalysis.Stream) -> Bool {
        // Pictures without the parameter sets that tell their size are of no use.
        stream.unitCount > 0 && (stream.width != nil || !sized.contains(stream.codec))
    }

    private static let kinds = PushCommand.video.union(PushCommand.audio)
    /// The codecs whose size of picture is found.
    private static let sized = PushCommand.names([.h264, .hevc, .mpeg1Video, .mpeg2Video])
}
