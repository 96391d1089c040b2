/// What a proxy sends on a connection before its client's bytes: the PROXY protocol of HAProxy, versions 1 and 2.
enum ProxyHeader: Equatable {
    /// The bytes are the client's own.
    case absent
    /// More bytes have to come before it can be told.
    case incomplete
    /// A header of so many bytes. Without a client the connection is the proxy's own, as its health checks are, or its client
    /// has no IP address.
    case present(byteCount: Int, client: ClientAddress?)
    /// The bytes begin as a header does, and are none.
    case malformed

    /// Bytes of the longest header of version 1 (section 2.1).
    static let maximumLineByteCount = 107
    /// Bytes of the longest header of version 2 that is read, with all that it tells beside the addresses.
    static let maximumByteCount = 4096

    private static let lineStart = Array("PROXY ".utf8)
    private static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]

    /// - Parameter bytes: the first bytes of a connection.
    init(_ bytes: some RandomAccessCollection<UInt8>) {
        let bytes = Array(bytes.prefix(Self.maximumByteCount))
        if bytes.starts(with: Self.lineStart) {
            self = Self.line(bytes)
        } else if bytes.starts(with: Self.signature) {
            self = Self.binary(bytes)
        } else if Self.lineStart.starts(with: bytes) || Self.signature.starts(with: bytes) {
            self = .incomplete
        } else {
            self = .absent
        }
    }

    /// `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443` (section 2.1).
    private static func line(_ bytes: [UInt8]) -> ProxyHeader {
        guard let end = bytes.prefix(maximumLineByteCount).firstIndex(of: UInt8(ascii: "\n")) else {
            return bytes.count < maximumLineByteCount ? .incomplete : .malformed
        }
        let text = bytes[..<(end - 1)]
        // By bytes: a Character may be a space and what a client has put behind it.
        guard bytes[end - 1] == UInt8(ascii: "\r"), text.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            return .malformed
        }
        let words = text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        let byteCount = end + 1
        if words.count > 1, words[1] == "UNKNOWN" { return .present(byteCount: byteCount, client: nil) }
        guard words.count == 6, let client = ClientAddress(words[2]), let relay = ClientAddress(words[3]),
            words[4...5].allSatisfy({ $0.utf8.first != UInt8(ascii: "+") && UInt16($0) != nil })
        else { return .malformed }
        switch words[1] {
        case "TCP4" where client.isIPv4 && relay.isIPv4: break
        case "TCP6" where words[2].contains(":") && words[3].contains(":"): break
        default: return .malformed
        }
        return .present(byteCount: byteCount, client: client)
    }

    /// Signature, version and command, family and protocol, the length of what follows (section 2.2).
    private static func binary(_ bytes: [UInt8]) -> ProxyHeader {
        guard bytes.count >= 16 else { return .incomplete }
        let byteCount = 16 + (Int(bytes[14]) << 8 | Int(bytes[15]))
        let command = bytes[12]
        guard byteCount <= maximumByteCount, command == 0x20 || command == 0x21 else { return .malformed }
        guard bytes.count >= byteCount else { return .incomplete }
        guard command == 0x21 else { return .present(byteCount: byteCount, client: nil) }
        // The client's address, the relay's, and a port of each.
        let addresses = bytes[16..<byteCount]
        switch bytes[13] >> 4 {
        case 1:
            guard addresses.count >= 12 else { return .malformed }
            let low = addresses.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
            return .present(byteCount: byteCount, client: ClientAddress(ipv4: low))
        case 2:
            guard addresses.count >= 36 else { return .malformed }
            let number = { (part: ArraySlice<UInt8>) in part.reduce(0) { $0 << 8 | UInt64($1) } }
            let client = ClientAddress(high: number(addresses.prefix(8)), low: number(addresses[24..<32]))
            return .present(byteCount: byteCount, client: client)
        default:
            return .present(byteCount: byteCount, client: nil)
        }
    }
}
