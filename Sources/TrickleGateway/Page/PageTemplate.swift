/// A text with places to fill in, each `{{name}}`.
struct PageTemplate: Sendable {
    /// What stands before each place, and the place's name; behind the last there is no place.
    private let parts: [(text: ArraySlice<UInt8>, place: String?)]

    init(_ bytes: [UInt8]) {
        var parts: [(ArraySlice<UInt8>, String?)] = []
        var rest = bytes[...]
        while let open = rest.firstRange(of: Array("{{".utf8)),
            let close = rest[open.upperBound...].firstRange(of: Array("}}".utf8))
        {
            let name = String(decoding: rest[open.upperBound..<close.lowerBound], as: UTF8.self)
            parts.append((rest[..<open.lowerBound], name))
            rest = rest[close.upperBound...]
        }
        self.parts = parts + [(rest, nil)]
    }

    private init(parts: [(text: ArraySlice<UInt8>, place: String?)]) {
        self.parts = parts
    }

    /// Puts texts into places as they are. Places in those texts are none.
    ///
    /// - Parameter texts: by the places' names; other places stay.
    func including(_ texts: [String: [UInt8]]) -> PageTemplate {
        var filled: [(text: ArraySlice<UInt8>, place: String?)] = []
        var pending: [UInt8] = []
        for part in parts {
            pending += part.text
            if let place = part.place, let text = texts[place] {
                pending += text
            } else {
                filled.append((pending[...], part.place))
                pending = []
            }
        }
        return PageTemplate(parts: filled)
    }

    /// - Parameter values: by the places' names; written as HTML has text in attributes.
    func filled(_ values: [String: String]) -> [UInt8] {
        parts.flatMap { part in part.text + (part.place.flatMap { values[$0] }.map(Self.escaped) ?? []) }
    }

    private static func escaped(_ text: String) -> [UInt8] {
        text.utf8.flatMap { byte in
            switch byte {
            case UInt8(ascii: "&"): Array("&amp;".utf8)
            case UInt8(ascii: "<"): Array("&lt;".utf8)
            case UInt8(ascii: ">"): Array("&gt;".utf8)
            case UInt8(ascii: "\""): Array("&quot;".utf8)
            default: [byte]
            }
        }
    }
}
