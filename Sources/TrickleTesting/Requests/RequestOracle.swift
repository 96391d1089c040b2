/// A second, simple reader of requests: what RFC 9112 and `docs/protocol.md` (HTTP-6 to HTTP-12) say of framing, written down
/// without regard to speed, limits, or bytes that come in pieces.
///
/// Where the rules leave a choice it says nothing: ``read(_:)`` returns nil.
public struct RequestOracle {
    private enum Stop: Error {
        /// The bytes end here.
        case incomplete
        case refused
        /// A matter of taste, or of the relay's limits.
        case open
    }

    private struct Head {
        var method = ""
        var target = ""
        var isHTTP10 = false
        var fields: [(name: String, value: String)] = []

        func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
    }

    private let bytes: [UInt8]
    private var position = 0
    private var trace = RequestTrace()

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Returns: nil where the rules allow more than one reading.
    public static func read(_ bytes: [UInt8]) -> RequestTrace? {
        var oracle = RequestOracle(bytes)
        do {
            while try oracle.readRequest() {}
        } catch Stop.incomplete {
        } catch Stop.refused {
            oracle.trace.isRefused = true
        } catch {
            return nil
        }
        return oracle.trace
    }

    /// - Returns: whether another can follow.
    private mutating func readRequest() throws -> Bool {
        // Empty lines before a request are skipped (RFC 9112, section 2.2).
        while position < bytes.count, bytes[position] == CR || bytes[position] == LF { position += 1 }
        guard position < bytes.count else { throw Stop.incomplete }
        let head = try readHead()
        let length = try bodyLength(of: head)
        trace.requests.append(.init(method: head.method, target: head.target))
        if let length { try readBody(length) } else { try readChunks() }
        trace.requests[trace.requests.count - 1].isWhole = true
        let tokens = head.values("connection").flatMap { $0.split(separator: ",").map(trimmed) }
        return !head.isHTTP10 && !tokens.contains { $0.lowercased() == "close" }
    }

    // MARK: The head

    private mutating func readHead() throws -> Head {
        let start = position
        var head = Head()
        let line = try readLine().split(separator: SP, omittingEmptySubsequences: false).map { Array($0) }
        guard line.count == 3 else { throw Stop.open }
        head.method = String(decoding: line[0], as: UTF8.self)
        guard ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"].contains(head.method) else {
            throw Stop.open
        }
        guard line[1].first == UInt8(ascii: "/") else { throw Stop.open }
        guard line[1].allSatisfy({ (0x21...0x7E).contains($0) }) else { throw Stop.refused }
        head.target = String(decoding: line[1], as: UTF8.self)
        switch String(decoding: line[2], as: UTF8.self) {
        case "HTTP/1.1": break
        case "HTTP/1.0": head.isHTTP10 = true
        case let version where version.hasPrefix("HTTP/"): throw Stop.open
        default: throw Stop.refused
        }
        head.fields = try readFields()
        if position - start > 4096 || head.fields.count > 50 { throw Stop.open }
        return head
    }

    /// Field lines up to the empty line (RFC 9112, section 5).
    private mutating func readFields() throws -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        while true {
            let line = try readLine()
            if line.isEmpty { return fields }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw Stop.refused }
            let name = line[..<colon]
            guard !name.isEmpty, name.allSatisfy(isTokenByte) else { throw Stop.refused }
            let value = line[(colon + 1)...]
            guard value.allSatisfy({ $0 == HT || ($0 >= 0x20 && $0 != 0x7F) }) else { throw Stop.refused }
            let text = trimmed(String(decoding: value, as: UTF8.self)[...])
            let lowercased = String(decoding: name, as: UTF8.self).lowercased()
            if text.utf8.count > 200 { throw Stop.open }
            fields.append((lowercased, text))
        }
    }

    /// - Returns: nil for a body in chunks.
    private func bodyLength(of head: Head) throws -> Int? {
        if !head.values("upgrade").isEmpty || !head.values("proxy-connection").isEmpty { throw Stop.open }
        if !head.isHTTP10, head.values("host").count != 1 { throw Stop.refused }
        let lengths = head.values("content-length")
        let codings = head.values("transfer-encoding")
        if lengths.count > 1 || (!lengths.isEmpty && !codings.isEmpty) { throw Stop.refused }
        if let length = lengths.first {
            guard !length.isEmpty, length.utf8.allSatisfy(isDigit) else { throw Stop.refused }
            guard length.utf8.count < 19, let count = Int(length) else { throw Stop.open }
            return count
        }
        if codings.isEmpty { return 0 }
        guard codings.count == 1, codings[0].lowercased() == "chunked" else { throw Stop.refused }
        return nil
    }

    // MARK: The body

    private mutating func readBody(_ length: Int) throws {
        let end = min(bytes.count, position + length)
        trace.requests[trace.requests.count - 1].body += bytes[position..<end]
        let isWhole = end - position == length
        position = end
        guard isWhole else { throw Stop.incomplete }
    }

    /// Chunks and trailer fields (RFC 9112, section 7.1).
    private mutating func readChunks() throws {
        while true {
            let line = try readLine()
            let digits = line.prefix { Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }
            guard !digits.isEmpty, digits.drop(while: { $0 == UInt8(ascii: "0") }).count <= 16 else {
                throw Stop.refused
            }
            let rest = line.dropFirst(digits.count)
            guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { throw Stop.refused }
            try checkExtensions(rest)
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size < 1 << 48 else {
                throw Stop.open
            }
            if size == 0 { break }
            try readBody(size)
            guard try readLine().isEmpty else { throw Stop.refused }
        }
        let framing = ["content-length", "transfer-encoding", "connection", "upgrade", "proxy-connection"]
        let trailers = try readFields()
        if trailers.count > 50 || trailers.contains(where: { framing.contains($0.name) }) { throw Stop.open }
    }

    /// Of extensions only the plain ones have one reading: `;name` and `;name=value`.
    private func checkExtensions(_ text: ArraySlice<UInt8>) throws {
        for part in text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).dropFirst() {
            let words = part.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
            guard words.count <= 2, words.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isTokenByte) }) else {
                throw Stop.open
            }
        }
    }

    // MARK: Lines and bytes

    /// A line without its CRLF; neither of the two may stand alone (HTTP-6).
    private mutating func readLine() throws -> ArraySlice<UInt8> {
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case LF: throw Stop.refused
            case CR:
                guard position + 1 < bytes.count else { throw Stop.incomplete }
                guard bytes[position + 1] == LF else { throw Stop.refused }
                position += 2
                return bytes[start..<position - 2]
            default: position += 1
            }
        }
        throw Stop.incomplete
    }
}

private let CR = UInt8(ascii: "\r")
private let LF = UInt8(ascii: "\n")
private let SP = UInt8(ascii: " ")
private let HT = UInt8(ascii: "\t")

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

/// A byte of a token (RFC 9110, section 5.6.2).
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    default: isDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

private func trimmed(_ text: Substring) -> String {
    let isSpace = { (character: Character) in character == " " || character == "\t" }
    let start = text.drop(while: isSpace)
    return String(start.reversed().drop(while: isSpace).reversed())
}
