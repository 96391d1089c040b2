import ArgumentParser

/// Where to listen: `HOST:PORT`, `[ADDRESS]:PORT`, or `:PORT` for all interfaces.
public struct ListenAddress: ExpressibleByArgument, Equatable, Sendable {
    /// nil for all interfaces.
    public let host: String?
    public let port: Int
    public let defaultValueDescription: String

    public init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...])
        else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        self.host = host.isEmpty ? nil : String(host)
        self.port = Int(port)
        defaultValueDescription = argument
    }

    /// What stands for it in a URL.
    public var urlHost: String {
        guard let host else { return "localhost" }
        return host.contains(":") ? "[\(host)]" : host
    }

    /// For defaults in the source, which are known to be right.
    public init(_ text: StaticString) {
        guard let value = Self(argument: text.description) else { preconditionFailure("not an address: \(text)") }
        self = value
    }
}
