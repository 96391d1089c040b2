/// Takes a stream of HTTP/1 messages apart, as it comes, and forgives what it does not understand.
struct MessageSplitter {
    enum Element {
        /// The head with its empty line, as it came.
        case head(String)
        case payload([UInt8])
        /// The end of a body, with the trailer section's lines.
        case end(trailers: String)
        /// From here on nothing is understood.
        case garbage([UInt8])
    }

    private enum State {
        case head
        case length(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailers
        case untilClose
        case garbage
    }

    private var state = State.head
    private var buffer: [UInt8] = []
    /// Whether a head, or the line of a chunk or a trailer, has begun and not ended.
    var isInsideLine: Bool {
        switch state {
        case .head, .chunkSize, .chunkEnd: !buffer.isEmpty
        case .trailers: true
        case .length, .chunk, .untilClose, .garbage: false
        }
    }

    /// Bytes of an unfinished head in which no end is.
    private var searched = 0
    /// Heads and chunk lines that are longer are not understood: 1 MiB.
    private static let lineLimit = 1 << 20

    /// How the body after a head is framed; nil when there is none.
    ///
    /// - Parameter head: the fields' lines.
    typealias Framing = (_ head: String) -> BodyFraming

    /// Takes bytes, and gives what they complete.
    mutating func feed(_ bytes: [UInt8], framing: Framing, _ take: (Element) -> Void) {
        buffer += bytes
        while let element = next(framing) { take(element) }
    }

    private mutating func next(_ framing: Framing) -> Element? {
        while true {
            switch state {
            case .head:
                guard let text = takeHead() else { return buffer.count > Self.lineLimit ? giveUp() : nil }
                switch framing(text) {
                case .none: break
                case .length(let count): state = .length(count)
                case .chunked: state = .chunkSize
                case .untilClose: state = .untilClose
                }
                return .head(text)
            case .length(0):
                state = .head
                return .end(trailers: "")
            case .length(let left):
                guard let bytes = takeBytes(left) else { return nil }
                state = .length(left - bytes.count)
                return .payload(bytes)
            case .chunkSize:
                guard let end = buffer.firstIndex(of: 10) else { return buffer.count > 100 ? giveUp() : nil }
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                guard line.hasSuffix("\r"), let size = Int(line.dropLast(), radix: 16), size >= 0 else {
                    return giveUp()
                }
                buffer.removeFirst(end + 1)
                state = size == 0 ? .trailers : .chunk(size)
            case .chunk(0):
                state = .chunkEnd
            case .chunk(let left):
                guard let bytes = takeBytes(left) else { return nil }
                state = .chunk(left - bytes.count)
                return .payload(bytes)
            case .chunkEnd:
                guard buffer.count >= 2 else { return nil }
                guard buffer.starts(with: [13, 10]) else { return giveUp() }
                buffer.removeFirst(2)
                state = .chunkSize
            case .trailers:
                let text = String(decoding: buffer, as: UTF8.self)
                if text.hasPrefix("\r\n") {
                    buffer.removeFirst(2)
                    state = .head
                    return .end(trailers: "")
                }
                guard let end = text.utf8.firstRange(of: "\r\n\r\n".utf8) else { return nil }
                let trailers = String(text[..<end.lowerBound]) + "\r\n"
                buffer.removeFirst(trailers.utf8.count + 2)
                state = .head
                return .end(trailers: trailers)
            case .untilClose:
                return takeBytes(.max).map { .payload($0) }
            case .garbage:
                return takeBytes(.max).map { .garbage($0) }
            }
        }
    }

    /// Ends at an empty line, whether its line ends are CRLF or LF alone.
    private mutating func takeHead() -> String? {
        while let lineEnd = buffer[searched...].firstIndex(of: 10) {
            let rest = buffer[(lineEnd + 1)...]
            for end in [[10], [13, 10]] as [[UInt8]] where rest.starts(with: end) {
                let head = String(decoding: buffer[...(lineEnd + end.count)], as: UTF8.self)
                buffer.removeFirst(lineEnd + 1 + end.count)
                searched = 0
                return head
            }
            // What decides may still be on its way.
            guard rest.count > 1 else { return nil }
            searched = lineEnd + 1
        }
        searched = buffer.count
        return nil
    }

    private mutating func takeBytes(_ limit: Int) -> [UInt8]? {
        guard !buffer.isEmpty else { return nil }
        let bytes = Array(buffer.prefix(limit))
        buffer.removeFirst(bytes.count)
        return bytes
    }

    private mutating func giveUp() -> Element? {
        state = .garbage
        searched = 0
        return takeBytes(.max).map { .garbage($0) }
    }
}
