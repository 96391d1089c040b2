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
        // By bytes, here and below: a Character may be a comma and what a client has put beside it.
        let hops = fields.joined(separator: ",").utf8.split(separator: UInt8(ascii: ","))
        for hop in hops.reversed() {
            // A trusted proxy has told of this hop. What is no address hides who comes before.
            guard contains(client), let address = Self.address(hop) else { break }
            client = address
        }
        return client
    }

    /// Some proxies add the port: `192.0.2.1:5000`, `[2001:db8::1]:5000`.
    private static func address(_ hop: Substring.UTF8View) -> ClientAddress? {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var text = hop.drop(while: isSpace)
        while text.last.map(isSpace) ?? false { text.removeLast() }
        if let address = ClientAddress(Substring(text)) { return address }
        var port = text[text.endIndex...]
        if text.first == UInt8(ascii: "["), let end = text.firstIndex(of: UInt8(ascii: "]")) {
            port = text[text.index(after: end)...]
            text = text[text.index(after: text.startIndex)..<end]
            if port.isEmpty { return ClientAddress(Substring(text)) }
        } else if let colon = text.lastIndex(of: UInt8(ascii: ":")) {
            port = text[colon...]
            text = text[..<colon]
        }
        let digits = port.dropFirst()
        guard port.first == UInt8(ascii: ":"), (1...5).contains(digits.count),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return ClientAddress(Substring(text))
    }
}
