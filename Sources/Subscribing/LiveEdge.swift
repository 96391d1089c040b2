import MPEGTS
import TrickleKit

/// Finds where a player can begin in a segment that is being written: at the last random access point of what is there.
///
/// Of what is there, the first bytes are transferred for their tables, and the end; more of that as long as there is no random access point
/// in it. A segment of one GOP begins with its only one.
struct LiveEdge {
    /// The tables are looked for in so many bytes: 342 packets, 63 KiB.
    private static let headByteCount = 342 * TransportPacket.size
    /// How much of the end is looked at, one after the other: 1, 8, 64 MiB, in whole packets.
    private static let windows = [20, 23, 26].map { (1 << $0) / TransportPacket.size * TransportPacket.size }

    private let body: SegmentBody
    private let size: Int
    /// The place of the next byte of the body.
    private var position = 0
    /// All that was read, as long as nothing was passed over; at most the first window and the head.
    private var beginning: [UInt8] = []
    /// The first part of a packet that has not come whole.
    private var rest: [UInt8] = []

    /// - Returns: nil where the relay does not tell how long the segment is already, or that is nothing.
    init?(_ segment: SubscribedSegment) {
        guard let size = segment.size, size > 0 else { return nil }
        body = segment.body
        self.size = size
    }

    /// Reads up to the live edge.
    ///
    /// - Returns: what to begin with: the tables, the last random access point, and what follows as far as it was read. The body goes on right
    ///   behind it. Where no place to begin was found, it is the segment's own beginning.
    /// - Throws: what reading throws.
    mutating func join() async throws -> (bytes: [UInt8], isFound: Bool) {
        var head = RandomAccessSearch()
        try await read(to: min(Self.headByteCount, size), into: &head)
        let headEnd = position - rest.count
        for window in Self.windows where !head.isHopeless {
            let start = max(headEnd, (size - window) / TransportPacket.size * TransportPacket.size)
            var search = head
            if start > headEnd {
                guard try await skip(to: start) else { break }
                search.forget()
            } else if position - rest.count > headEnd {
                guard try await skip(to: headEnd) else { break }
            }
            try await read(to: size, into: &search)
            if let found = search.finish() { return (found + rest, true) }
            if start == headEnd { break }
        }
        if position == beginning.count { return (beginning, false) }
        _ = try await skip(to: 0)
        return ([], false)
    }

    private mutating func skip(to offset: Int) async throws -> Bool {
        guard try await body.skip(to: offset) else { return false }
        position = offset
        rest = []
        return true
    }

    private mutating func read(to end: Int, into search: inout RandomAccessSearch) async throws {
        var pieces = body.makeAsyncIterator()
        while position < end, let piece = try await pieces.next() {
            if position == beginning.count, position < Self.headByteCount + Self.windows[0] { beginning += piece }
            position += piece.count
            rest += piece
            let whole = rest.count / TransportPacket.size * TransportPacket.size
            search.receive(Array(rest[..<whole]))
            rest.removeFirst(whole)
        }
    }
}

/// Keeps what follows on the last random access point of a transport stream, with tables before it.
private struct RandomAccessSearch {
    private var segmenter: GOPSegmenter
    private var found: [UInt8]?
    /// It is no transport stream.
    private(set) var isHopeless = false

    init() {
        var configuration = GOPSegmenter.Configuration()
        configuration.maximumDuration = nil
        configuration.maximumByteCount = 1 << 30
        segmenter = GOPSegmenter(configuration)
    }

    mutating func receive(_ packets: [UInt8]) {
        guard !isHopeless else { return }
        do {
            try segmenter.receive(packets.span.bytes) { event in Self.take(event, into: &found) }
        } catch {
            isHopeless = true
        }
    }

    /// What comes next does not follow on what has come.
    mutating func forget() { found = nil }

    /// What was found, with all that came after it; nil for nothing.
    mutating func finish() -> [UInt8]? {
        guard !isHopeless else { return nil }
        // It throws where there was not a single packet: then nothing was found.
        try? segmenter.finish { event in Self.take(event, into: &found) }
        return found
    }

    private static func take(_ event: borrowing SegmenterEvent, into found: inout [UInt8]?) {
        switch event {
        case .segmentStarted(let start):
            switch start.reason {
            // Sound alone can be begun at any frame.
            case .randomAccessPoint, .targetDuration: found = []
            case .streamStart, .tableChange, .maximumDuration, .maximumByteCount: break
            }
        case .bytes(let bytes): bytes.withUnsafeBytes { found?.append(contentsOf: $0) }
        case .segmentEnded, .notice: break
        }
    }
}
