/// Compares how the relay reads the bytes of a connection with how they are to be read.
public enum RequestComparison {
    /// - Parameter random: cuts the bytes into the pieces that they come in.
    /// - Returns: what the two disagree on; nil when nothing, or when the rules leave a choice.
    public static func difference(
        on bytes: [UInt8], cutBy random: inout some RandomNumberGenerator
    ) throws -> String? {
        // A head that was not complete is, so that neither side is waiting for what decides.
        let bytes = bytes + Array("\r\n\r\n".utf8)
        let whole = try RequestReader.read([bytes])
        let pieces = cut(bytes, &random)
        let cut = try RequestReader.read(pieces)
        let told = String(decoding: bytes, as: UTF8.self).debugDescription
        if whole != cut {
            return "\(told)\n  as one piece: \(whole)\n  as \(pieces.map(\.count)) bytes: \(cut)"
        }
        guard let expected = RequestOracle.read(bytes), expected != whole else { return nil }
        return "\(told)\n  expected: \(expected)\n  the relay: \(whole)"
    }

    /// Whether the rules leave no choice about the bytes.
    public static func isDecided(_ bytes: [UInt8]) -> Bool {
        RequestOracle.read(bytes + Array("\r\n\r\n".utf8)) != nil
    }

    private static func cut(_ bytes: [UInt8], _ random: inout some RandomNumberGenerator) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        let longest = [1, 3, 20, 200].randomElement(using: &random)!
        while !rest.isEmpty {
            pieces.append(Array(rest.prefix(.random(in: 1...longest, using: &random))))
            rest = rest.dropFirst(pieces.last!.count)
        }
        return pieces
    }
}
