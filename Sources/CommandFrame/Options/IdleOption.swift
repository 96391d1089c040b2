/// An option that has nothing to do beside the others, and why.
///
/// It is told where it was typed. From the environment it stands for every run, and is no mistake.
public struct IdleOption: Equatable, Sendable, CustomStringConvertible {
    /// As it is typed: `--retry`.
    public let name: String
    public let reason: String

    /// - Returns: nil where the option has something to do.
    public init?(_ name: String, _ reason: String, if isIdle: Bool) {
        guard isIdle else { return nil }
        self.name = name
        self.reason = reason
    }

    public var description: String { "\(name) does nothing here: \(reason)" }

    /// Whether somebody typed it.
    func isTyped(in arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains { $0 == name || $0.hasPrefix(name + "=") }
    }
}

extension RelayOptions {
    /// What is for TLS, where the relay has none.
    public var idleOptions: [IdleOption] {
        let isPlain = url.description.hasPrefix("http://")
        return [
            IdleOption("--ca-file", "the relay's URL begins with http://, so nothing is encrypted", if: isPlain),
            IdleOption("--insecure", "the relay's URL begins with http://, so nothing is encrypted", if: isPlain),
        ].compactMap { $0 }
    }
}
