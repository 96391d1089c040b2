/// Finds where each request of a connection ends, so that one can be handed on without the next (RFC 9112, sections 2.1, 6 and 7.1).
///
///     head ── framed(by: .chunked) ──► size line ─► data ─► its line end ─► size line … ─► trailer ──► head
///
/// It hardly judges: a parser reads the same bytes, says what a head's framing is, and refuses what is wrong.
public struct MessageBoundary: Sendable {
    /// How a request's body is framed, as its head says.
    public enum Framing: Sendable, Equatable {
        case none
        /// In bytes.
        case length(UInt64)
        case chunked
    }

    /// What the parser would take, or would not tell apart.
    public enum Objection: Error, Equatable {
        /// Longer than anybody needs.
        case requestLine, sizeLine, trailer
        /// None that HTTP knows.
        case method
    }

    private enum State {
        /// The bytes of a line that does not end in CR or LF.
        case head(lineByteCount: Int, isFirstLine: Bool)
        case body(UInt64)
        case sizeLine(byteCount: Int, size: UInt64, sizeHasEnded: Bool)
        case data(UInt64)
        case dataEnd(hasBegun: Bool)
        case trailer(byteCount: Int, lineByteCount: Int)
    }

    /// A size, and extensions, which nobody reads.
    public static let maximumSizeLineByteCount = 1 << 10

    private let maximumRequestLineByteCount: Int
    private let maximumTrailerByteCount: Int
    private var state = State.head(lineByteCount: 0, isFirstLine: true)
    private var method = MethodWatch()

    /// Where the first tab in a field line is, among the bytes that were read last; all that follow are of field lines too.
    public private(set) var firstFieldTab: Int?

    /// Whether what follows is a head, or a part of one.
    public var isInHead: Bool { if case .head = state { true } else { false } }

    /// Whether a chunk follows, or the end of a body that is made of such.
    public var isBeforeChunk: Bool { if case .sizeLine(byteCount: 0, _, _) = state { true } else { false } }

    /// Heads, lines and trailers that have begun so far.
    public private(set) var elementCount = 0
    /// Whether one of them has begun and has not ended: then the rest is due.
    public private(set) var isInsideElement = false

    public init(maximumRequestLineByteCount: Int, maximumTrailerByteCount: Int) {
        self.maximumRequestLineByteCount = maximumRequestLineByteCount
        self.maximumTrailerByteCount = maximumTrailerByteCount
    }

    /// To be called when the parser has read a head, before the bytes that follow it.
    public mutating func framed(by framing: Framing) {
        switch framing {
        case .none, .length(0): awaitHead()
        case .length(let count): state = .body(count)
        case .chunked: state = .sizeLine(byteCount: 0, size: 0, sizeHasEnded: false)
        }
    }

    /// Reads up to the end of a head or of a request, whichever comes first.
    ///
    /// - Parameters:
    ///   - bytes: what follows on what was read before.
    ///   - maximumChunkCount: of so many chunks at once.
    /// - Returns: how many bytes that is; all when there is no such end among them.
    /// - Throws: ``Objection``.
    public mutating func advance(
        over bytes: UnsafeRawBufferPointer, maximumChunkCount: Int
    ) throws(Objection) -> Int {
        firstFieldTab = nil
        var offset = 0
        var chunkCount = 0
        while offset < bytes.count {
            switch state {
            case .head(let lineByteCount, let isFirstLine):
                let end = try advanceHead(over: bytes, from: offset, lineByteCount, isFirstLine)
                offset = end.offset
                if end.isReached { return offset }
            case .body(let count):
                let taken = min(count, UInt64(bytes.count - offset))
                offset += Int(taken)
                if taken == count {
                    awaitHead()
                    return offset
                }
                state = .body(count - taken)
            case .sizeLine(let byteCount, let size, let sizeHasEnded):
                try advanceSizeLine(with: bytes[offset], byteCount, size, sizeHasEnded)
                offset += 1
            case .data(let count):
                let taken = min(count, UInt64(bytes.count - offset))
                offset += Int(taken)
                state = taken == count ? .dataEnd(hasBegun: false) : .data(count - taken)
            case .dataEnd(let hasBegun):
                if !hasBegun { begin() }
                if bytes[offset] == .lineFeed {
                    isInsideElement = false
                    state = .sizeLine(byteCount: 0, size: 0, sizeHasEnded: false)
                    chunkCount += 1
                } else {
                    state = .dataEnd(hasBegun: true)
                }
                offset += 1
                if chunkCount == maximumChunkCount { return offset }
            case .trailer(let byteCount, let lineByteCount):
                let isOver = try advanceTrailer(with: bytes[offset], byteCount, lineByteCount)
                offset += 1
                if isOver { return offset }
            }
        }
        return offset
    }

    private mutating func begin() {
        isInsideElement = true
        elementCount &+= 1
    }

    private mutating func awaitHead() {
        isInsideElement = false
        method = MethodWatch()
        state = .head(lineByteCount: 0, isFirstLine: true)
    }

    private mutating func advanceHead(
        over bytes: UnsafeRawBufferPointer, from start: Int, _ lineByteCount: Int, _ isFirstLine: Bool
    ) throws(Objection) -> (offset: Int, isReached: Bool) {
        var (lineByteCount, isFirstLine) = (lineByteCount, isFirstLine)
        for offset in start..<bytes.count {
            switch bytes[offset] {
            case .lineFeed:
                if lineByteCount == 0, isInsideElement {
                    awaitHead()
                    return (offset + 1, true)
                }
                // Empty lines before a request are none of it (section 2.2).
                if lineByteCount > 0 { isFirstLine = false }
                lineByteCount = 0
            case .carriageReturn:
                continue
            case let byte:
                if !isInsideElement { begin() }
                lineByteCount += 1
                if isFirstLine {
                    if lineByteCount > maximumRequestLineByteCount { throw .requestLine }
                    if !method.hasEnded { try watchMethod(byte) }
                } else if byte == .tab, firstFieldTab == nil {
                    firstFieldTab = offset
                }
            }
        }
        state = .head(lineByteCount: lineByteCount, isFirstLine: isFirstLine)
        return (bytes.count, false)
    }

    private mutating func watchMethod(_ byte: UInt8) throws(Objection) {
        do throws(MethodWatch.IsUnknown) { try method.received(byte) } catch { throw .method }
    }

    private mutating func advanceSizeLine(
        with byte: UInt8, _ byteCount: Int, _ size: UInt64, _ sizeHasEnded: Bool
    ) throws(Objection) {
        if byteCount == 0 { begin() }
        if byte == .lineFeed {
            isInsideElement = false
            if size == 0 {
                begin()
                state = .trailer(byteCount: 0, lineByteCount: 0)
            } else {
                state = .data(size)
            }
            return
        }
        guard byteCount < Self.maximumSizeLineByteCount else { throw .sizeLine }
        if !sizeHasEnded, let digit = byte.hexDigitValue {
            // More than 64 bits are refused by the parser.
            state = .sizeLine(byteCount: byteCount + 1, size: size << 4 | UInt64(digit), sizeHasEnded: false)
        } else {
            state = .sizeLine(byteCount: byteCount + 1, size: size, sizeHasEnded: true)
        }
    }

    /// - Returns: whether the request is over.
    private mutating func advanceTrailer(
        with byte: UInt8, _ byteCount: Int, _ lineByteCount: Int
    ) throws(Objection) -> Bool {
        switch byte {
        case .lineFeed where lineByteCount == 0:
            awaitHead()
            return true
        case .lineFeed:
            state = .trailer(byteCount: byteCount + 1, lineByteCount: 0)
        case .carriageReturn:
            state = .trailer(byteCount: byteCount + 1, lineByteCount: lineByteCount)
        case _:
            state = .trailer(byteCount: byteCount + 1, lineByteCount: lineByteCount + 1)
        }
        if byteCount >= maximumTrailerByteCount { throw .trailer }
        return false
    }
}

extension UInt8 {
    fileprivate static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")

    var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        case _: nil
        }
    }
}
