/// What one connection of an attack sends, and whether it takes the answers.
struct AttackScript: Sendable {
    /// What it is, where the report tells how long it stayed.
    var name = ""
    /// What is sent after `index` other pieces; nil when that was all, and the connection stays as it is.
    let piece: @Sendable (_ index: Int) -> [UInt8]?
    /// Whether it takes what comes.
    var reads = true
    /// How many answers may be outstanding when a piece leaves: each piece is so many requests. Nil: it waits for none.
    var outstanding: Int?
    /// The time from one piece to the next.
    var interval = Duration.zero
    /// Whether it closes once everything was sent, and comes again.
    var leaves = false
    /// Whether it comes again after the relay has closed.
    var comesBack = true
    /// It has done its part when so many answers have come.
    var answers: Int?
    /// In which time the relay has to answer with an error, or to close.
    var endsWithin: Duration?

    init(_ piece: @escaping @Sendable (_ index: Int) -> [UInt8]?) { self.piece = piece }

    /// These bytes and nothing more.
    init(once text: String) {
        let bytes = Array(text.utf8)
        self.init { $0 == 0 ? bytes : nil }
    }

    /// These bytes again and again.
    ///
    /// - Parameters:
    ///   - first: what comes before them.
    ///   - byteCount: how many bytes at most; nil for ever.
    init(repeating text: String, after first: String = "", byteCount: Int? = nil) {
        let first = Array(first.utf8)
        let block = Self.block(of: text)
        let blockCount = byteCount.map { $0 / block.count } ?? .max
        self.init { index in
            if index == 0 { return first + block }
            return index < blockCount ? block : nil
        }
    }

    /// One request after the other, each when the answer to the one before has come.
    init(asking request: String) {
        let bytes = Array(request.utf8)
        self.init { _ in bytes }
        outstanding = 1
    }

    /// Heads and bodies, one after the other.
    ///
    /// - Parameters:
    ///   - byteCount: how many bytes of the body are sent.
    ///   - head: the head of so-manieth body.
    init(bodyOf byteCount: Int, count: Int = .max, head: @escaping @Sendable (_ number: Int) -> String) {
        let block = [UInt8](repeating: UInt8(ascii: "b"), count: 64 << 10)
        let last = [UInt8](repeating: UInt8(ascii: "b"), count: byteCount % block.count)
        let period = 2 + byteCount / block.count
        self.init { index in
            let (number, place) = index.quotientAndRemainder(dividingBy: period)
            guard number < count else { return nil }
            if place == 0 { return Array(head(number).utf8) }
            return place == period - 1 ? last : block
        }
    }

    /// About 64 KiB of the same.
    static func block(of text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        return Array(repeatElement(bytes, count: max(1, (64 << 10) / bytes.count)).joined())
    }

    func with(_ change: (inout AttackScript) -> Void) -> AttackScript {
        var copy = self
        change(&copy)
        return copy
    }
}

/// The heads of attacks' requests.
enum AttackRequest {
    static func head(_ method: String, _ target: String, _ fields: String...) -> String {
        (["\(method) \(target) HTTP/1.1", "Host: relay"] + fields).joined(separator: "\r\n") + "\r\n\r\n"
    }

    static func get(_ target: String) -> String { head("GET", target) }
    static func create(_ channel: String) -> String { head("POST", "/\(channel)", "Content-Length: 0") }
    static func chunkedPost(_ target: String) -> String { head("POST", target, "Transfer-Encoding: chunked") }
    static func post(_ target: String, byteCount: Int) -> String {
        head("POST", target, "Content-Length: \(byteCount)")
    }
}
