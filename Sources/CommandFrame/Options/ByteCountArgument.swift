import ArgumentParser

/// A number of bytes as people type it: `64MiB`, `500kB`, `1G` (binary, as `MiB`); a bare number means bytes.
public struct ByteCountArgument: ExpressibleByArgument, Equatable, Sendable {
    public let byteCount: Int
    /// As it was typed.
    public let defaultValueDescription: String

    public init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = argument.dropFirst(digits.count).lowercased()
        guard let number = Double(digits), let factor = Self.factors[unit] else { return nil }
        let byteCount = (number * factor).rounded()
        guard byteCount <= 0x1p53 else { return nil }
        self.byteCount = Int(byteCount)
        defaultValueDescription = argument
    }

    /// For defaults in the source, which are known to be right.
    public init(_ text: StaticString) {
        guard let value = Self(argument: text.description) else { preconditionFailure("not a size: \(text)") }
        self = value
    }

    private static let factors: [String: Double] = [
        "": 1, "b": 1,
        "k": 0x1p10, "kib": 0x1p10, "kb": 1e3,
        "m": 0x1p20, "mib": 0x1p20, "mb": 1e6,
        "g": 0x1p30, "gib": 0x1p30, "gb": 1e9,
    ]
}
