/// Makes up connections: some requests, one after the other, most of them with something wrong.
public struct RequestGenerator {
    private var random: SeededNumbers

    public init(seed: UInt64) { random = SeededNumbers(seed: seed) }

    public mutating func next() -> [UInt8] {
        var text = ""
        for _ in 0..<Int.random(in: 1...3, using: &random) { text += request() }
        var bytes = Array(text.utf8)
        for _ in 0..<pick([0, 0, 1, 1, 2, 4]) { damage(&bytes) }
        return bytes
    }

    private mutating func pick<Element>(_ choices: [Element]) -> Element { choices.randomElement(using: &random)! }

    private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

    // MARK: Requests

    private mutating func request() -> String {
        let body = String((0..<pick([0, 1, 3, 16, 40])).map { _ in pick(Array("abc\r\n0;: G")) })
        var lines = ["\(pick(["GET", "POST", "POST", "POST", "DELETE", "HEAD", "OPTIONS"])) \(target()) \(version())"]
        if !chance(30) { lines.append("Host: relay") }
        var framed = ""
        switch Int.random(in: 0..<6, using: &random) {
        case 0: break
        case 1, 2:
            lines.append("Content-Length: \(length(of: body))")
            framed = body
        default:
            lines.append("\(pick(["Transfer-Encoding", "transfer-encoding"])): \(coding())")
            framed = chunks(of: body)
        }
        if chance(12) { lines.append("Content-Length: \(length(of: body))") }
        if chance(20) { lines.append("Transfer-Encoding: \(coding())") }
        for _ in 0..<pick([0, 0, 1, 2]) { lines.append(field()) }
        lines = [lines[0]] + lines.dropFirst().shuffled(using: &random)
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + framed
    }

    private mutating func target() -> String {
        pick(["/cam/0", "/cam/-1", "/", "/a/b?c#d", "/caf%C3%A9/1", "//", "/x y", "/é", "/\t"])
    }

    private mutating func version() -> String { chance(8) ? pick(["HTTP/1.0", "HTTP/1.1 ", "HTTQ/1.1"]) : "HTTP/1.1" }

    private mutating func length(of body: String) -> String {
        let right = "\(body.utf8.count)"
        return chance(6) ? pick(["+\(right)", "-1", "0\(right)", "\(right),\(right)", "", "0x1", "\(right) 1"]) : right
    }

    private mutating func coding() -> String {
        chance(6)
            ? pick(["gzip, chunked", "chunked, chunked", "Chunked", " chunked\t", "xchunked", "identity", ""])
            : "chunked"
    }

    private mutating func field() -> String {
        pick([
            "Accept: */*", "Connection: close", "Connection: keep-alive", "X: ", "X:y", "X : y", " X: y", "X\t: y",
            "Connection: keep-alive, close", "Host: other", ": y", "X y", "X: \u{1}", "X: \u{7f}", "X: é",
            "Expect: 100-continue",
            "Lp-Trickle-Reset: 1", "X: y\r\n folded", "X: y\nZ: z", "X: y\rZ: z", "X: \0",
        ])
    }

    private mutating func chunks(of body: String) -> String {
        var rest = Array(body.utf8)[...]
        var text = ""
        while !rest.isEmpty {
            let count = Int.random(in: 1...rest.count, using: &random)
            text += size(count) + "\r\n" + String(decoding: rest.prefix(count), as: UTF8.self) + "\r\n"
            rest = rest.dropFirst(count)
        }
        text += chance(12) ? pick(["00", "000", "0;x", "-0", "0 ", ""]) : "0"
        return text + "\r\n" + (chance(6) ? field() + "\r\n" : "") + "\r\n"
    }

    private mutating func size(_ count: Int) -> String {
        let digits = String(count, radix: 16)
        guard chance(8) else { return digits }
        return pick([
            "0\(digits)", String(repeating: "0", count: 15) + digits, String(repeating: "0", count: 17) + digits,
            "\(digits);x", "\(digits);x=y", "\(digits) ", " \(digits)", "0x\(digits)", "+\(digits)",
            "\(digits);x=\"y\"",
            "fffffffffffffffff", "\(digits)g", digits.uppercased(),
        ])
    }

    // MARK: Damage

    private mutating func damage(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(pick(Array("\r\n :;0 ".utf8) + [0, 9, 127, 255]), at: place)
        case 3: bytes.insert(contentsOf: pick([[13, 10], [10], [13], [13, 13, 10]]), at: place)
        case 4: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &random)))
        default:
            let other = Int.random(in: 0..<bytes.count, using: &random)
            bytes.insert(contentsOf: bytes[min(place, other)..<max(place, other)].prefix(60), at: place)
        }
    }
}
