import NIOCore

/// Takes HTTP/1.1 requests apart as their bytes come.
///
/// It reads what the suite sends where HTTP/1 itself is not looked at, with any method and any field. What it does not
/// understand is an error.
struct HTTP1RequestReader {
    struct Head: Equatable {
        var method: String
        var target: String
        /// In their order; the names in lower case.
        var fields: [Field]
        /// Whether bytes of a body are to come, or chunks.
        var hasBody: Bool

        func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
    }

    struct Field: Equatable {
        var name: String
        var value: String
    }

    enum Part: Equatable {
        case head(Head)
        case body(ByteBuffer)
        case end(trailers: [Field])
    }

    struct Malformed: Error {
        let line: String
    }

    private enum State {
        case head
        case measured(left: Int)
        case chunkSize
        case chunk(left: Int)
        case chunkEnd
        case trailers([Field])
    }

    private var state = State.head
    private var lines: [String] = []
    private var buffer = ByteBuffer()

    /// Bytes that belong to what has not come as a whole.
    var isBetweenRequests: Bool {
        guard case .head = state else { return false }
        return lines.isEmpty && buffer.readableBytes == 0
    }

    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// - Returns: nil when more bytes have to come first.
    mutating func next() throws(Malformed) -> Part? {
        while true {
            switch state {
            case .head:
                guard let line = try nextLine() else { return nil }
                guard line.isEmpty else {
                    lines.append(line)
                    continue
                }
                let head = try takeHead()
                return .head(head)
            case .measured(left: 0):
                state = .head
                return .end(trailers: [])
            case .measured(let left):
                guard let bytes = nextBytes(left) else { return nil }
                state = .measured(left: left - bytes.readableBytes)
                return .body(bytes)
            case .chunkSize:
                guard let line = try nextLine() else { return nil }
                guard let size = Int(line.prefix { $0 != ";" }, radix: 16), size >= 0 else {
                    throw Malformed(line: line)
                }
                state = size == 0 ? .trailers([]) : .chunk(left: size)
            case .chunk(left: 0): state = .chunkEnd
            case .chunk(let left):
                guard let bytes = nextBytes(left) else { return nil }
                state = .chunk(left: left - bytes.readableBytes)
                return .body(bytes)
            case .chunkEnd:
                guard let line = try nextLine() else { return nil }
                guard line.isEmpty else { throw Malformed(line: line) }
                state = .chunkSize
            case .trailers(let trailers):
                guard let line = try nextLine() else { return nil }
                guard line.isEmpty else {
                    state = .trailers(trailers + [try field(line)])
                    continue
                }
                state = .head
                return .end(trailers: trailers)
            }
        }
    }

    private mutating func takeHead() throws(Malformed) -> Head {
        let words = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { throw Malformed(line: lines.first ?? "") }
        var fields: [Field] = []
        for line in lines.dropFirst() { fields.append(try field(line)) }
        lines = []
        var head = Head(method: words[0], target: words[1], fields: fields, hasBody: false)
        if let coding = head.values("transfer-encoding").first {
            guard coding.lowercased() == "chunked" else { throw Malformed(line: coding) }
            state = .chunkSize
            head.hasBody = true
        } else if let text = head.values("content-length").first {
            guard let length = Int(text), length >= 0 else { throw Malformed(line: text) }
            state = .measured(left: length)
            head.hasBody = length > 0
        } else {
            state = .measured(left: 0)
        }
        return head
    }

    private func field(_ line: String) throws(Malformed) -> Field {
        guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { throw Malformed(line: line) }
        let value = String(line[line.index(after: colon)...].trimmingSpaces)
        return Field(name: line[..<colon].lowercased(), value: value)
    }

    private mutating func nextLine() throws(Malformed) -> String? {
        let view = buffer.readableBytesView
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = buffer.readString(length: end - view.startIndex + 1) ?? ""
        guard line.hasSuffix("\r\n") else { throw Malformed(line: line) }
        return String(line.dropLast())
    }

    private mutating func nextBytes(_ limit: Int) -> ByteBuffer? {
        buffer.readableBytes == 0 ? nil : buffer.readSlice(length: min(limit, buffer.readableBytes))
    }
}
