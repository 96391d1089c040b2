import Foundation
import Sockets

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
        do throws(SystemAddress.UnknownHost) {
            return try SystemAddress.resolve(host, port: port, type: Socket.stream).map { address in
                address.withPointer { pointer, length in
                    let bytes = UnsafeRawBufferPointer(start: pointer, count: Int(length))
                    return Address(family: address.family, bytes: Array(bytes))
                }
            }
        } catch {
            throw ConformanceFailure("\(host): \(error.reason)")
        }
    }
}
