import Foundation

/// Where the relay listens that is looked at.
public struct ConformanceTarget: Sendable {
    let host: String
    let port: Int
    /// Begins with `/` and does not end in one, or is empty.
    let basePath: String

    /// - Parameter url: `http://host[:port][/base]`.
    /// - Throws: ``ConformanceFailure`` for anything else.
    public init(url: String) throws {
        guard let parts = URLComponents(string: url), parts.scheme == "http", let host = parts.host, !host.isEmpty
        else {
            throw ConformanceFailure("'\(url)' is not a URL of the form http://host:port/base")
        }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? 80
        var path = parts.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        basePath = path
    }

    /// The value of the `Host` field.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    struct Address {
        let family: Int32
        let bytes: [UInt8]
    }

    func addresses() throws -> [Address] {
        var hints = addrinfo()
        hints.ai_socktype = Socket.stream
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else { throw ConformanceFailure("\(host): \(String(cString: gai_strerror(code)))") }
        defer { freeaddrinfo(list) }
        var addresses: [Address] = []
        var entry = list
        while let info = entry?.pointee {
            let bytes = UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen))
            addresses.append(Address(family: info.ai_family, bytes: Array(bytes)))
            entry = info.ai_next
        }
        return addresses
    }
}
