extension AccessUnitScanner {
    /// ISO 23008-2, table 7-1 and section 7.4.2.4.4.
    mutating func scanHEVC(_ byte: UInt8) -> Verdict {
        if unitByteCount < 2 { return .undecided }
        if case .parameterSet = keeping { return .undecided }
        let first = UInt8(truncatingIfNeeded: unitHead >> (unitByteCount == 2 ? 8 : 16))
        if unitByteCount == 2 {
            let layer = (first & 1) << 5 | byte >> 3
            switch first >> 1 & 0x3F {
            case _ where layer != 0: return skipUnit()
            case 0...31: return .undecided
            case 32, 33: return keepParameterSet(first, byte, isForSequence: true)
            case 34: return keepParameterSet(first, byte, isForSequence: false)
            case 35, 39: return beginAccessUnit()
            default: return skipUnit()
            }
        }
        guard byte & 0x80 != 0 || hasBegunAccessUnit else { return continuePicture() }
        return switch first >> 1 & 0x3F {
        case 16...18: .randomAccessPoint(.bla)
        case 19, 20: .randomAccessPoint(.idr)
        case 21: .randomAccessPoint(.cra)
        default: .ordinary
        }
    }

    /// ISO 23090-3, table 5 and section 7.4.2.4.
    mutating func scanVVC(_ byte: UInt8) -> Verdict {
        if unitByteCount < 2 { return .undecided }
        if case .parameterSet = keeping { return .undecided }
        let first = UInt8(truncatingIfNeeded: unitHead >> (unitByteCount == 2 ? 8 : 16))
        if unitByteCount == 2 {
            switch byte >> 3 {
            case _ where first & 0x3F != 0: return skipUnit()
            case 0...11: return .undecided
            case 14, 15: return keepParameterSet(first, byte, isForSequence: true)
            case 16: return keepParameterSet(first, byte, isForSequence: false)
            case 12, 13, 17, 19, 20, 23: return beginAccessUnit()
            default: return skipUnit()
            }
        }
        // A slice that holds the picture header is the only one of its picture.
        guard byte & 0x80 != 0 || hasBegunAccessUnit else { return continuePicture() }
        return switch UInt8(truncatingIfNeeded: unitHead >> 11) & 0x1F {
        case 7, 8: .randomAccessPoint(.idr)
        case 9: .randomAccessPoint(.cra)
        case 10: .randomAccessPoint(.gdr)
        default: .ordinary
        }
    }
}
