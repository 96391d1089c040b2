import Testing
import TrickleCore

/// Requests are told apart however their bytes arrive.
@Suite struct MessageBoundaryTests {
    private struct Message {
        let head: String
        let body: String
        let framing: MessageBoundary.Framing
    }

    private static let messages = [
        Message(head: "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", body: "", framing: .none),
        Message(head: "\r\nPOST /b HTTP/1.1\r\n\r\n", body: "hello\r\n\r\n", framing: .length(9)),
        Message(
            head: "POST /c HTTP/1.1\r\n\r\n", body: "5;x=1\r\n\r\n\r\n0\r\n00A\r\n0123456789\r\n0\r\n\r\n",
            framing: .chunked),
        Message(head: "POST /d HTTP/1.1\nA: b\n\n", body: "000\r\nTrailer: 1\r\nMore: 2\r\n\r\n", framing: .chunked),
        Message(head: "DELETE /e HTTP/1.1\r\n\r\n", body: "", framing: .length(0)),
    ]

    /// What is handed on at once, as text; a head's framing is told after it.
    private func units(of pieces: [[UInt8]], chunks: Int = .max) throws -> [String] {
        var boundary = MessageBoundary(maximumRequestLineByteCount: 100, maximumTrailerByteCount: 100)
        var framings = Self.messages.map(\.framing)[...]
        var (units, unit) = ([String](), [UInt8]())
        var ends = Self.messages.flatMap { [$0.head, $0.body].filter { !$0.isEmpty } }[...]
        for piece in pieces {
            var rest = piece[...]
            while !rest.isEmpty {
                let count = try rest.withUnsafeBytes { bytes in
                    try boundary.advance(over: bytes, maximumChunkCount: chunks)
                }
                unit += rest.prefix(count)
                rest = rest.dropFirst(count)
                guard let end = ends.first, unit.count >= end.utf8.count else { continue }
                units.append(String(decoding: unit, as: UTF8.self))
                unit = []
                ends = ends.dropFirst()
                if Self.messages.contains(where: { $0.head == end }) { boundary.framed(by: framings.removeFirst()) }
                #expect(!boundary.isInsideElement)
            }
        }
        return units
    }

    private let whole = messages.map { Array(($0.head + $0.body).utf8) }
    private let expected = messages.flatMap { [$0.head, $0.body].filter { !$0.isEmpty } }

    @Test func `all at once is handed on head by head and body by body`() throws {
        #expect(try units(of: [Array(whole.joined())]) == expected)
    }

    @Test func `byte by byte it is the same`() throws {
        #expect(try units(of: whole.joined().map { [$0] }) == expected)
    }

    @Test func `cut anywhere it is the same`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var rest = Array(whole.joined())[...]
            var pieces: [[UInt8]] = []
            while !rest.isEmpty {
                let count = Int.random(in: 1...20, using: &random)
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(try units(of: pieces, chunks: Int.random(in: 1...3, using: &random)) == expected)
        }
    }

    private func boundary(
        framing: MessageBoundary.Framing?, after text: String
    ) throws -> (boundary: MessageBoundary, taken: Int) {
        var boundary = MessageBoundary(maximumRequestLineByteCount: 100, maximumTrailerByteCount: 100)
        if let framing { boundary.framed(by: framing) }
        var bytes = Array(text.utf8)
        let taken = try bytes.withUnsafeMutableBytes { bytes in
            try boundary.advance(over: UnsafeRawBufferPointer(bytes), maximumChunkCount: 2)
        }
        return (boundary, taken)
    }

    @Test(arguments: [
        ("", false), ("\r\n", false), ("G", true), ("GET / HTTP/1.1\r\n", true), ("GET / HTTP/1.1\r\nA: b\r\n\r", true),
    ])
    func `a head that has begun is due`(text: String, isDue: Bool) throws {
        #expect(try boundary(framing: nil, after: text).boundary.isInsideElement == isDue)
    }

    @Test(arguments: [
        ("", false), ("5", true), ("5\r", true), ("5\r\n", false), ("5\r\n12345", false), ("5\r\n12345\r", true),
        ("5\r\n12345\r\n", false), ("5\r\n12345\r\n0", true), ("0\r\n", true), ("0\r\nA: b\r\n", true),
        ("0\r\n\r\n", false),
    ])
    func `a chunk's lines and the trailer are due, its bytes are not`(text: String, isDue: Bool) throws {
        #expect(try boundary(framing: .chunked, after: text).boundary.isInsideElement == isDue)
    }

    @Test func `each element that begins is counted`() throws {
        #expect(try boundary(framing: .chunked, after: "1\r\na\r\n1\r\nb").boundary.elementCount == 3)
    }

    @Test func `so many chunks are taken at once`() throws {
        #expect(try boundary(framing: .chunked, after: "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n").taken == 12)
    }

    @Test func `what is longer than anybody needs is an error`() throws {
        let long = String(repeating: "0", count: 2000)
        #expect(throws: MessageBoundary.Objection.requestLine) { try boundary(framing: nil, after: "GET /" + long) }
        #expect(throws: MessageBoundary.Objection.sizeLine) { try boundary(framing: .chunked, after: long) }
        #expect(throws: MessageBoundary.Objection.trailer) {
            try boundary(framing: .chunked, after: "0\r\n" + String(repeating: "A: b\r\n", count: 20))
        }
        #expect(try boundary(framing: .length(3000), after: long).taken == 2000)
    }

    /// Reads the beginning of a connection, cut in pieces of that many bytes.
    private func read(_ text: String, inPiecesOf count: Int) throws {
        var boundary = MessageBoundary(maximumRequestLineByteCount: 100, maximumTrailerByteCount: 100)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            _ = try rest.prefix(count).withUnsafeBytes { try boundary.advance(over: $0, maximumChunkCount: 1) }
            rest = rest.dropFirst(count)
        }
    }

    @Test(arguments: [
        "BREW /", "\r\nget /", "GETS /", "P /", "PRI * HTTP/2.0", "PROXY TCP4", "POSTPOSTPOSTPOST", "X\u{1}",
    ])
    func `a method that HTTP does not know is told of, wherever it is cut`(text: String) {
        for count in 1...text.utf8.count {
            #expect(throws: MessageBoundary.Objection.method) { try read(text, inPiecesOf: count) }
        }
    }

    @Test(arguments: [
        "GET /", "HEAD /", "POST /", "PUT /", "DELETE /", "CONNECT x", "OPTIONS *", "TRACE /", "\r\nPATCH /", "GE",
        // What is no method is refused by the parser.
        "\u{16}\u{3}", " GET /", "GE\u{1} X", "GET\t/", "PO\r\nX: BREW",
    ])
    func `other beginnings are let through`(text: String) throws {
        for count in 1...text.utf8.count { try read(text, inPiecesOf: count) }
    }
}
