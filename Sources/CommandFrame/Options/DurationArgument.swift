import ArgumentParser

/// A span of time as people type it: `250ms`, `10s`, `1.5m`, `2h`; a bare number means seconds.
public struct DurationArgument: ExpressibleByArgument, Equatable, Sendable {
    public let duration: Duration
    /// As it was typed.
    public let defaultValueDescription: String

    public init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), let factor = Self.seconds[String(argument.dropFirst(digits.count))] else {
            return nil
        }
        let seconds = number * factor
        // About three hundred years, beyond which nobody means it.
        guard seconds.isFinite, seconds <= 1e10 else { return nil }
        duration = .seconds(seconds)
        defaultValueDescription = argument
    }

    /// For defaults in the source, which are known to be right.
    public init(_ text: StaticString) {
        guard let value = Self(argument: text.description) else { preconditionFailure("not a duration: \(text)") }
        self = value
    }

    private static let seconds = ["ms": 0.001, "": 1, "s": 1, "m": 60, "min": 60, "h": 3600]
}
