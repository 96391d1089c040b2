/// Playlists as they are written (RFC 8216, section 4).
enum PlaylistText {
    private static let attribute = Array("URI=\"".utf8)

    /// Adds an item to the query of each URI: of those that are lines, and of those that are attributes (sections 4.1 and 4.2).
    ///
    /// - Parameter item: as it stands in a URL.
    static func adding(_ item: String, to playlist: some Collection<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        let lines = playlist.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            if number > 0 { text.append(UInt8(ascii: "\n")) }
            if line.first == UInt8(ascii: "#") {
                add(item, toAttributeOf: line, in: &text)
            } else {
                text += line
                if !line.isEmpty { add(item, to: line, in: &text) }
            }
        }
        return text
    }

    private static func add(_ item: String, toAttributeOf line: some Collection<UInt8>, in text: inout [UInt8]) {
        guard let name = line.firstRange(of: attribute),
            let end = line[name.upperBound...].firstIndex(of: UInt8(ascii: "\""))
        else { return text += line }
        text += line[..<end]
        add(item, to: line[name.upperBound..<end], in: &text)
        text += line[end...]
    }

    private static func add(_ item: String, to uri: some Collection<UInt8>, in text: inout [UInt8]) {
        text.append(uri.contains(UInt8(ascii: "?")) ? UInt8(ascii: "&") : UInt8(ascii: "?"))
        text += item.utf8
    }
}
