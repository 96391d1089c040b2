extension AccessUnitScanner {
    /// ISO 13818-2 and 11172-2, section 6.2.
    mutating func scanMPEGVideo(_ byte: UInt8) -> Verdict {
        if unitByteCount == 1 {
            switch byte {
            case 0x00, 0xB3: return .undecided
            case 0xB8: return beginAccessUnit()
            case 0x01...0xAF: return continuePicture()
            default: return skipUnit()
            }
        }
        if unitByteCount == 4 {
            // A sequence header begins with 12 bits each of width and height.
            size = (Int(unitHead >> 12 & 0xFFF), Int(unitHead & 0xFFF))
            hasConfiguration = true
            return beginAccessUnit()
        }
        guard unitByteCount == 3, unitHead >> 16 == 0 else { return .undecided }
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
