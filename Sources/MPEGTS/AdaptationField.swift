/// The flags and the clock of an adaptation field (ISO 13818-1, section 2.4.3.4).
public struct AdaptationField: Sendable {
    /// Says that the clock or the continuity counter jumps here on purpose.
    public var discontinuityIndicator = false
    /// A hint only: some encoders set it on each picture, some never.
    public var randomAccessIndicator = false
    /// The program clock reference in ticks of 27 MHz, modulo 2^33 × 300.
    public var pcr: Int64?

    /// The base of the program clock reference, on the scale of PTS and DTS.
    public var pcrBase: Timestamp? { pcr.map { Timestamp(ticks: $0 / 300) } }

    /// Reads the adaptation field of the packet that begins at `offset`; all is unset where there is none.
    public init(_ bytes: RawSpan, at offset: Int = 0) {
        guard bytes.byte(at: offset + 3) & 0x20 != 0 else { return }
        let length = bytes.byte(at: offset + 4)
        guard length >= 1 else { return }
        let flags = bytes.byte(at: offset + 5)
        discontinuityIndicator = flags & 0x80 != 0
        randomAccessIndicator = flags & 0x40 != 0
        guard flags & 0x10 != 0, length >= 7 else { return }
        var base: Int64 = 0
        for index in 6..<10 { base = base << 8 | Int64(bytes.byte(at: offset + index)) }
        let last = bytes.word(at: offset + 10)
        // The extension counts to 299; what is more would make the clock go beyond its modulus.
        pcr = (base << 1 | Int64(last >> 15)) * 300 + min(Int64(last & 0x1FF), 299)
    }
}
