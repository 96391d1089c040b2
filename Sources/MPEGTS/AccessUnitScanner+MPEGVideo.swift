extension AccessUnitScanner {
    /// ISO 13818-2 and 11172-2, section 6.2.
    mutating func scanMPEGVideo(_ byte: UInt8) -> Verdict {
        if unitByteCount == 1 {
            switch byte {
            case 0x00: return .undecided
            case 0xB3:
                hasConfiguration = true
                return beginAccessUnit()
            case 0xB8: return beginAccessUnit()
            case 0x01...0xAF: return continuePicture()
            default: return skipUnit()
            }
        }
        guard unitByteCount == 3 else { return .undecided }
        let isIntra = byte >> 3 & 7 == 1
        return isIntra && hasConfiguration ? .randomAccessPoint(.intraPicture) : .ordinary
    }

    /// ISO 14496-2, section 6.2.
    mutating func scanMPEG4Visual(_ byte: UInt8) -> Verdict {
        if unitByteCount == 1 {
            switch byte {
            case 0xB6: return .undecided
            case 0x20...0x2F:
                hasConfiguration = true
                return beginAccessUnit()
            case 0xB0, 0xB3: return beginAccessUnit()
            default: return skipUnit()
            }
        }
        let isIntra = byte & 0xC0 == 0
        return isIntra && hasConfiguration ? .randomAccessPoint(.intraPicture) : .ordinary
    }
}
