/// The fields of a head or of a trailer section, in their order.
struct RawFields: ExpressibleByArrayLiteral {
    private(set) var lines: [(name: String, value: String)] = []

    init(arrayLiteral elements: Never...) {}

    mutating func append(_ name: String, _ value: String) { lines.append((name, value)) }

    /// The values of a field, joined as a list is (RFC 9110, section 5.3); nil when it is absent.
    subscript(_ name: String) -> String? {
        let values = lines.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// The members of a list field, in lower case and without their parameters.
    func list(_ name: String) -> [String] {
        (self[name] ?? "").split(separator: ",").map {
            $0.prefix { $0 != ";" }.trimmingSpaces.lowercased()
        }
    }
}

/// The head of an answer.
package struct RawHead {
    let version: String
    package let status: Int
    var fields: RawFields = []

    package subscript(_ name: String) -> String? { fields[name] }
}

/// A whole answer.
package struct RawResponse {
    /// The 1xx answers that came first.
    let interim: [RawHead]
    let head: RawHead
    let rest: RawBodyRest

    package var status: Int { head.status }
    var body: [UInt8] { rest.bytes }
    package var text: String { String(decoding: rest.bytes, as: UTF8.self) }

    subscript(_ name: String) -> String? { head.fields[name] }
}

/// What was left of a body, and how it ended.
package struct RawBodyRest {
    package var bytes: [UInt8]
    var trailers: RawFields
    /// Whether the body came to its proper end; a body without framing never tells.
    package var isWhole: Bool

    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// How the end of a body is known (RFC 9112, section 6.3).
enum BodyFraming {
    case none
    case length(left: Int)
    /// `left` payload bytes of the current chunk; nil between chunks.
    case chunked(left: Int?)
    case untilClose
}

extension StringProtocol {
    /// Without spaces and tabs on either side (RFC 9110, section 5.6.3: OWS).
    var trimmingSpaces: String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        let head = drop(while: isSpace)
        return String(head.reversed().drop(while: isSpace).reversed())
    }
}
