import ArgumentParser
import TrickleCore

/// Where to listen: `HOST:PORT`, `[ADDRESS]:PORT`, or `:PORT` for all interfaces.
public struct ListenAddress: ExpressibleByArgument, Equatable, Sendable {
    /// nil for all interfaces.
    public var host: String? { address.host.isEmpty ? nil : address.host }
    /// 0 for any that is free.
    public var port: Int { address.port }
    private let address: NetworkAddress
    public let defaultValueDescription: String

    public init?(argument: String) {
        guard let address = NetworkAddress(argument, ports: 0...65_535) else { return nil }
        self.address = address
        defaultValueDescription = argument
    }

    /// What stands for it in a URL.
    public var urlHost: String {
        host == nil ? "localhost" : address.urlHost
    }

    /// For defaults in the source, which are known to be right.
    public init(_ text: StaticString) {
        guard let value = Self(argument: text.description) else { preconditionFailure("not an address: \(text)") }
        self = value
    }
}
