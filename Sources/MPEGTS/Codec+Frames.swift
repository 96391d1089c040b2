extension Codec {
    /// Whether `payload`, the first bytes of a PES packet, begins with a frame, as far as the codec's sync word tells;
    /// true where it tells nothing.
    func beginsFrame(_ payload: RawSpan) -> Bool {
        guard payload.byteCount >= 2 else { return true }
        let word = payload.word(at: 0)
        return switch self {
        case .aac: word & 0xFFF6 == 0xFFF0  // ISO 13818-7, section 6.2
        case .aacLATM: word & 0xFFE0 == 0x56E0  // ISO 14496-3, section 1.7.2
        case .mpegAudio: word & 0xFFE0 == 0xFFE0  // ISO 11172-3, section 2.4.1.3
        case .ac3, .eac3: word == 0x0B77  // ETSI TS 102 366, section 4.4.1
        case .opus: word & 0xFFE0 == 0x7FE0
        default: true
        }
    }
}
