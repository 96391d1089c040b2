#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The base64 of JSON Web Signatures: for URLs, and without padding (RFC 7515, section 2).
enum Base64URL {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(
            Data(bytes).base64EncodedString().compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    /// - Returns: nil for what ``text(_:)`` never makes: padding, other characters, bits that no byte has.
    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        var plain = String(
            text.map { character in
                switch character {
                case "-": "+"
                case "_": "/"
                default: character
                }
            })
        plain += String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: plain), Self.text(data) == text else { return nil }
        return Array(data)
    }
}
