/// The content type with which a publisher's bytes are served: the one that the publisher names, unless a browser would run it.
///
/// Whoever can publish could otherwise have a script run as a page of the relay, with all that the relay allows to its own pages.
enum ServedType {
    /// What a browser shows and does not run.
    static let harmless = "text/plain"

    /// Kinds that browsers never run.
    private static let kinds: Set<Substring> = ["application", "audio", "font", "image", "model", "text", "video"]

    /// What the names of types have in common that are run, or drawn as pages, or may contain such: HTML, everything that is XML (with it SVG
    /// and XHTML), scripts by any of their names, style sheets, PDF, and programs for what browsers had built in once.
    private static let runWords = ["html", "xml", "svg", "xsl", "script", "css", "pdf", "java", "flash"]

    /// The type in place of what a publisher has named.
    static func instead(of text: String) -> String {
        let (essence, parameters) = split(text)
        let parts = essence.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, kinds.contains(parts[0]), isToken(parts[1]) else { return harmless }
        let isRun = runWords.contains { contains(parts[1], $0) }
        if isRun { return harmless }
        return areParameters(parameters) ? text : essence
    }

    /// The type itself in small letters, and what follows it.
    private static func split(_ text: String) -> (essence: String, parameters: Substring.UTF8View) {
        let bytes = text.utf8
        let end = bytes.firstIndex(of: UInt8(ascii: ";")) ?? bytes.endIndex
        let essence = trimmed(bytes[..<end])
        return (String(decoding: essence.map(lowercased), as: UTF8.self), bytes[end...])
    }

    /// Whether it is a list of parameters and nothing else (RFC 9110, section 5.6.6). Browsers take the last of several types, which a comma
    /// outside of a quoted text sets apart.
    private static func areParameters(_ bytes: Substring.UTF8View) -> Bool {
        var rest = bytes
        while let first = rest.first {
            guard first == UInt8(ascii: ";") else { return false }
            rest = trimmed(rest.dropFirst())
            let name = rest.prefix(while: HeaderName.isTokenByte)
            if name.isEmpty { continue }
            rest = rest[name.endIndex...]
            guard rest.popFirst() == UInt8(ascii: "=") else { return false }
            if rest.first == UInt8(ascii: "\"") {
                guard let end = endOfQuoted(rest) else { return false }
                rest = trimmed(rest[end...])
            } else {
                rest = trimmed(rest.drop(while: HeaderName.isTokenByte))
            }
        }
        return true
    }

    private static func endOfQuoted(_ bytes: Substring.UTF8View) -> Substring.UTF8View.Index? {
        var isEscaped = false
        for index in bytes.indices.dropFirst() {
            switch bytes[index] {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "\""): return bytes.index(after: index)
            default: break
            }
        }
        return nil
    }

    private static func contains(_ text: Substring, _ word: String) -> Bool {
        let (text, word) = (Array(text.utf8), Array(word.utf8))
        guard text.count >= word.count else { return false }
        return (0...text.count - word.count).contains { text[$0..<$0 + word.count].elementsEqual(word) }
    }

    private static func isToken(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(HeaderName.isTokenByte)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func trimmed(_ bytes: Substring.UTF8View) -> Substring.UTF8View {
        var rest = bytes.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest = rest.dropLast() }
        return rest
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
