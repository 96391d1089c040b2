import Foundation
import Sockets

/// Where the relay listens that is looked at.
public struct ConformanceTarget: Sendable {
    private(set) var host: String
    private(set) var port: Int
    /// Whether it is reached with TLS.
    let isEncrypted: Bool
    /// The value of the `Host` field.
    let authority: String
    /// Begins with `/` and does not end in one, or is empty.
    let basePath: String

    /// - Parameter url: `http://host[:port][/base]`, or the same with `https`.
    /// - Throws: ``ConformanceFailure`` for anything else.
    public init(url: String) throws {
        guard let parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme), let host = parts.host,
            !host.isEmpty
        else {
            throw ConformanceFailure(
                "'\(url)' is not a URL of the form http://host:port/base or https://host:port/base")
        }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        isEncrypted = parts.scheme == "https"
        port = parts.port ?? (isEncrypted ? 443 : 80)
        authority = (self.host.contains(":") ? "[\(self.host)]" : self.host) + ":\(port)"
        var path = parts.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        basePath = path
    }

    /// RFC 6454, section 6.2.
    var origin: String { "\(isEncrypted ? "https" : "http")://\(authority)" }
    var url: String { origin + basePath }

    /// The same relay, behind a port of this machine.
    func reached(at port: Int) -> ConformanceTarget {
        var target = self
        target.host = "127.0.0.1"
        target.port = port
        return target
    }

    package struct Address {
        package let family: Int32
        package let bytes: [UInt8]
    }

    package func addresses() throws -> [Address] {
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
