/// The head of a message on its way through a ``FaultyRelay``: lines that a fault may change.
struct FaultyHead: Sendable {
    private(set) var original: String
    private var hasChanged = false
    /// The first line and the fields, without line ends.
    var lines: [String] { didSet { hasChanged = true } }

    init(_ text: String) {
        original = text
        // A CRLF is one Character: lines are told apart as bytes.
        lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast(2).map {
            String(Substring($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0))
        }
    }

    /// As it came, unless somebody has changed it.
    var text: String { hasChanged ? lines.joined(separator: "\r\n") + "\r\n\r\n" : original }

    subscript(_ name: String) -> String? {
        get { values(name).first }
        set {
            remove(name)
            if let newValue { lines.append("\(name): \(newValue)") }
        }
    }

    func values(_ name: String) -> [String] {
        lines.dropFirst().compactMap { line in
            guard isField(line, name) else { return nil }
            return line[line.index(after: line.firstIndex(of: ":")!)...].trimmingSpaces
        }
    }

    mutating func remove(_ name: String) {
        let kept = lines.enumerated().filter { $0.offset == 0 || !isField($0.element, name) }.map(\.element)
        if kept.count != lines.count { lines = kept }
    }

    private func isField(_ line: String, _ name: String) -> Bool {
        line.lowercased().hasPrefix(name.lowercased() + ":")
    }

    /// A part of the first line.
    fileprivate func part(_ index: Int) -> String {
        let parts = (lines.first ?? "").split(separator: " ", maxSplits: 2).map(String.init)
        return index < parts.count ? parts[index] : ""
    }

    fileprivate mutating func setPart(_ index: Int, _ text: String) {
        var parts = (lines.first ?? "").split(separator: " ", maxSplits: 2).map(String.init)
        guard index < parts.count, parts[index] != text else { return }
        parts[index] = text
        lines[0] = parts.joined(separator: " ")
    }

    // MARK: Answers

    var status: Int {
        get { Int(part(1)) ?? 0 }
        set { setPart(1, String(newValue)) }
    }
}

/// A request on its way through a ``FaultyRelay``.
struct FaultyRequest: Sendable {
    var head: FaultyHead
    /// Given instead of the relay's answer, to which nothing is forwarded then.
    var answer: String?
    /// Nobody answers at all.
    var isSwallowed = false
    /// For the fault's own use, from the request to its answer.
    var note: String?

    init(_ text: String) { head = FaultyHead(text) }

    var method: String {
        get { head.part(0) }
        set { head.setPart(0, newValue) }
    }

    var target: String {
        get { head.part(1) }
        set { head.setPart(1, newValue) }
    }

    var version: String {
        get { head.part(2) }
        set { head.setPart(2, newValue) }
    }

    /// The channel's name as it stands in the path.
    var channel: String { String(target.split(separator: "/").first ?? "") }

    /// The part after it.
    var position: String? {
        get {
            let parts = target.split(separator: "/")
            return parts.count > 1 ? String(parts[1]) : nil
        }
        set { if let newValue { target = "/\(channel)/\(newValue)" } }
    }

    var number: Int? { position.flatMap { Int($0) } }
    var isPublish: Bool { method == "POST" && position != nil }
    var isRead: Bool { method == "GET" && number != nil && !channel.hasPrefix("_") }

    /// Answers in the relay's place.
    mutating func refuse(_ status: Int, _ fields: [String] = [], body: String = "") {
        let lines = ["HTTP/1.1 \(status) Faulty", "Content-Length: \(body.utf8.count)"] + fields
        answer = lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    var framing: BodyFraming {
        if head.values("Transfer-Encoding").contains(where: { $0.lowercased().contains("chunked") }) {
            return .chunked(left: nil)
        }
        guard let length = head["Content-Length"].flatMap({ Int($0) }), length > 0 else { return .length(left: 0) }
        return .length(left: length)
    }
}
