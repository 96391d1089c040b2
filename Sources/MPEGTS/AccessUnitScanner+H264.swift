extension AccessUnitScanner {
    /// ISO 14496-10, table 7-1 and section 7.4.1.2.3.
    mutating func scanH264(_ byte: UInt8) -> Verdict {
        if unitByteCount == 1 {
            switch byte & 0x1F {
            case 1, 2, 5: return .undecided
            case 6:
                sei = SEIReader()
                hasBegunAccessUnit = true
                return .undecided
            case 7: return keepParameterSet(byte, isForSequence: true)
            case 8: return keepParameterSet(byte, isForSequence: false)
            case 9, 13, 15: return beginAccessUnit()
            default: return skipUnit()
            }
        }
        switch keeping {
        case .parameterSet: return .undecided
        case .sliceHeader:
            kept.append(byte)
            return kept.count < H264SequenceParameterSet.sliceHeaderSize ? .undecided : decideH264()
        case .nothing: break
        }
        let first = UInt8(truncatingIfNeeded: unitHead >> UInt32(8 * (min(unitByteCount, 4) - 1)))
        if first & 0x1F == 6 {
            if sei.read(byte) == SEIReader.recoveryPoint { hasRecoveryPoint = true }
            return .undecided
        }
        // first_mb_in_slice is 0: a single 1 bit.
        guard byte & 0x80 != 0 || hasBegunAccessUnit else { return continuePicture() }
        guard first & 0x1F == 5 || hasRecoveryPoint else {
            firstField = nil
            // Then slice_type: 7 is 0001000, 2 is 011.
            let isIntra = byte == 0x88 || byte & 0xF0 == 0xB0
            return isIntra && parameterSets.isInAccessUnit ? .unannouncedIntra : .ordinary
        }
        keeping = .sliceHeader
        kept.removeAll(keepingCapacity: true)
        kept.append(first)
        kept.append(byte)
        return sequence?.isFramesOnly == false ? .undecided : decideH264()
    }

    /// The slice of a random access point, of which ``kept`` has the beginning: the second field of a frame is none.
    mutating func decideH264() -> Verdict {
        keeping = .nothing
        let field = sequence?.field(slice: kept)
        if let field, let firstField, field.completes(firstField) {
            self.firstField = nil
            return .ordinary
        }
        firstField = field
        return .randomAccessPoint(kept.first.map { $0 & 0x1F } == 5 ? .idr : .recoveryPoint)
    }
}
