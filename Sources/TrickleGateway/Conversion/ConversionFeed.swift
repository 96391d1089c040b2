import MPEGTS
import MediaChildren
import NIOCore
import TrickleCore
import TrickleRelay

/// The bytes of a channel on their way into a conversion, for as long as it has the same streams.
struct ConversionFeed {
    /// Bytes of a segment that are looked through for what its streams are.
    static let maximumProbeByteCount = 4 << 20

    private var segments: LocalSubscriber.AsyncIterator
    private var body: LocalSegmentBody.AsyncIterator?
    private var streams: MovieStreams?
    /// What was read to find out about the streams.
    private var held: [UInt8] = []

    init(_ subscriber: LocalSubscriber) {
        segments = subscriber.makeAsyncIterator()
    }

    /// Reads until it is known what the channel carries.
    ///
    /// - Throws: ``LiveMovie/Refusal``; ``TrickleError``.
    mutating func begin() async throws -> MovieStreams {
        while let segment = try await segments.next() {
            if let streams = try await probe(segment) {
                self.streams = streams
                return streams
            }
        }
        throw ConversionRefusal.ended
    }

    /// Writes all that comes, until the channel ends, its streams change or the child takes no more.
    mutating func run(into child: PipedChild) async throws {
        while true {
            guard try await child.write(held) else { return }
            held = []
            while let piece = try await nextPiece() {
                guard try await child.write(Array(piece.readableBytesView)) else { return }
            }
            guard let segment = try await segments.next() else { return }
            if let later = try await probe(segment) {
                guard streams?.goOn(with: later) == true else { return }
            }
        }
    }

    /// Reads the beginning of a segment into ``held``.
    ///
    /// - Returns: nil for a segment that does not tell.
    private mutating func probe(_ segment: LocalSegment) async throws -> MovieStreams? {
        body = segment.body.makeAsyncIterator()
        held = []
        var scan = SegmentScan()
        while held.count < Self.maximumProbeByteCount, let piece = try await nextPiece() {
            let bytes = Array(piece.readableBytesView)
            held += bytes
            scan.receive(bytes.span.bytes)
            if case .broken(at: 0) = scan.contents.alignment {
                throw ConversionRefusal.unsuitable("the channel is no MPEG transport stream")
            }
            if let streams = MovieStreams(scan.contents) { return streams }
        }
        scan.finish()
        return MovieStreams(scan.contents, hasEnded: true)
    }

    /// - Returns: nil at the segment's end, also where it was broken off: ffmpeg goes on behind the gap.
    private mutating func nextPiece() async throws -> ByteBuffer? {
        do {
            return try await body?.next()
        } catch let error as TrickleError where error.code == .segmentAborted || error.code == .segmentCut {
            return nil
        }
    }
}
