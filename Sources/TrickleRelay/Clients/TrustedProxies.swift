/// The proxies whose word for their client's address is taken.
public struct TrustedProxies: Sendable, Equatable {
    private let ranges: [AddressRange]

    /// No proxy is trusted.
    public init() { ranges = [] }

    public init(_ ranges: [AddressRange]) { self.ranges = ranges }

    func contains(_ address: ClientAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// The last address in `X-Forwarded-For` that no trusted proxy has: what stands before it is the client's own word.
    ///
    /// - Parameters:
    ///   - fields: The values of all fields of that name, in order; each is a list, the nearest hop last.
    ///   - peer: Who has sent the request; the result when that is no trusted proxy.
    func client(_ fields: [String], from peer: ClientAddress) -> ClientAddress {
        var client = peer
        for hop in fields.joined(separator: ",").split(separator: ",").reversed() {
            // A trusted proxy has told of this hop. What is no address hides who comes before.
            guard contains(client), let address = Self.address(hop) else { break }
            client = address
        }
        return client
    }

    /// Some proxies add the port: `192.0.2.1:5000`, `[2001:db8::1]:5000`.
    private static func address(_ hop: Substring) -> ClientAddress? {
        let text = hop.trimmingSpaces
        if let address = ClientAddress(text) { return address }
        if text.first == "[", let end = text.firstIndex(of: "]") {
            return ClientAddress(text[text.index(after: text.startIndex)..<end])
        }
        return text.lastIndex(of: ":").flatMap { ClientAddress(text[..<$0]) }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        var text = drop(while: isSpace)
        while text.last.map(isSpace) ?? false { text.removeLast() }
        return text
    }
}
