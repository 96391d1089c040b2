/// Writes strings as JSON has them (RFC 8259, section 7), without Foundation.
public enum JSONText {
    /// `text` as a JSON string, with its quotation marks. What would not show itself on a terminal is written as `\u…`.
    public static func string(_ text: String) -> String {
        if text.utf8.allSatisfy(isPlain) { return "\"\(text)\"" }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where PrintableText.isHidden(scalar): result += escape(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A JSON text in which all shows itself on a terminal: what would not, and can stand in its strings only, is written as `\u…`.
    ///
    /// - Parameter json: On one line.
    public static func showing(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: PrintableText.isHidden) else { return json }
        return json.unicodeScalars.reduce(into: "") { result, scalar in
            if PrintableText.isHidden(scalar) { result += escape(scalar) } else { result.unicodeScalars.append(scalar) }
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// ASCII that stands for itself.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}
