/// What a media type's `codecs` parameter says of a video codec (RFC 6381, section 3.3).
public enum CodecParameter {
    /// H.264: `avc1.64001F`.
    ///
    /// - Parameters:
    ///   - type: the name of the sample entry, such as `avc1`.
    ///   - profile: profile, constraints and level, as they stand in a sequence parameter set: 24 bits.
    public static func avc(_ type: String, profile: UInt64) -> String { "\(type)." + hexadecimal(profile, digits: 6) }

    /// HEVC: `hvc1.1.6.L93.B0` (ISO 14496-15, annex E.3).
    ///
    /// - Parameters:
    ///   - profile: profile space, tier and profile: 8 bits.
    ///   - compatibility: 32 flags.
    ///   - constraints: 48 flags.
    public static func hevc(
        _ type: String, profile: UInt64, compatibility: UInt64, constraints: UInt64, level: UInt64
    ) -> String {
        // The first flag is the lowest bit in the text, but the highest in the box.
        var compatibility = compatibility
        var reversed: UInt64 = 0
        for _ in 0..<32 {
            reversed = reversed << 1 | compatibility & 1
            compatibility >>= 1
        }
        let space = ["", "A", "B", "C"][Int(profile >> 6 & 3)]
        let tier = profile & 0x20 == 0 ? "L" : "H"
        var text = "\(type).\(space)\(profile & 0x1F).\(hexadecimal(reversed, digits: 1)).\(tier)\(level)"
        var constraints = constraints
        while constraints != 0 {
            text += "." + hexadecimal(constraints >> 40 & 0xFF, digits: 1)
            constraints = constraints << 8 & 0xFFFF_FFFF_FFFF
        }
        return text
    }

    static func hexadecimal(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
    }
}
