import ArgumentParser
import CommandFrame

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `PORT` and `BIND_ADDRESS`, by which programs are told where to listen that have no options: docs/frames.md. Whatever else says it wins.
struct BrokerVariables {
    /// As `--addr` takes it; nil where neither variable is set.
    let address: String?
    /// The variables that are set, for people.
    let origin: String

    /// - Throws: `ValidationError` for a value that makes no sense.
    init(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        let set = ["BIND_ADDRESS", "PORT"].filter { environment[$0]?.isEmpty == false }
        origin = set.joined(separator: " and ")
        guard !set.isEmpty else {
            address = nil
            return
        }
        let (host, port) = (environment["BIND_ADDRESS"] ?? "", environment["PORT"] ?? "")
        let shownHost = host.isEmpty ? "localhost" : host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        let address = "\(shownHost):\(port.isEmpty ? "2939" : port)"
        guard ListenAddress(argument: address) != nil else {
            let values = set.map { "\($0) is '\(environment[$0] ?? "")'" }.joined(separator: ", ")
            throw ValidationError("\(values): that is no address to listen at")
        }
        self.address = address
    }

    /// The arguments with the address in front, where none is among them.
    static func complete(_ arguments: [String]) throws -> [String] {
        let isGiven = arguments.contains { $0 == "--addr" || $0.hasPrefix("--addr=") }
        if isGiven || EnvironmentArguments.asks(arguments) { return arguments }
        return try (Self().address.map { ["--addr=\($0)"] } ?? []) + arguments
    }
}
