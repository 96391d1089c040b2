/// Looks at the first access unit that begins in a PES packet, and says whether decoding can begin there.
///
/// Fed with the elementary stream in any pieces: start codes and units may span them. It is done at the first slice or
/// picture header that decides; what a PES packet holds of the access unit before counts for nothing.
struct AccessUnitScanner {
    /// How the stream is made up of units after start codes.
    enum Syntax {
        case h264, hevc, vvc, mpegVideo, mpeg4Visual

        /// - Returns: nil for codecs whose random access points this package does not find.
        init?(_ codec: Codec) {
            switch codec {
            case .h264: self = .h264
            case .hevc: self = .hevc
            case .vvc: self = .vvc
            case .mpeg1Video, .mpeg2Video: self = .mpegVideo
            case .mpeg4Visual: self = .mpeg4Visual
            default: return nil
            }
        }

        /// Whether 0, 0, 3 stands for 0, 0 in a unit.
        var hasEmulationPrevention: Bool { self == .h264 || self == .hevc || self == .vvc }
    }

    enum Verdict: Hashable {
        case undecided
        case randomAccessPoint(RandomAccessPoint)
        case ordinary
    }

    let syntax: Syntax

    /// Zero bytes in a row just now, at most 2.
    private var zeroCount = 0
    private var isInUnit = false
    /// Bytes of the unit so far, emulation prevention not counted.
    private var unitByteCount = 0
    /// The first bytes of the unit, the last in the lowest place.
    private var unitHead: UInt32 = 0
    /// Whether the unit's start code is the first thing in the PES packet.
    private var unitLeadsPacket = false
    /// Bytes of the PES packet so far.
    private var packetByteCount = 0
    private var sei = SEIReader()

    /// Whether a unit has come that only stands before the slices of an access unit.
    private(set) var hasBegunAccessUnit = false
    private var hasRecoveryPoint = false
    private var hasConfiguration = false

    init(syntax: Syntax) {
        self.syntax = syntax
    }

    /// A PES packet begins.
    ///
    /// - Parameter continuing: the access unit that the last PES packet began has had no slice yet: keep what is known
    ///   of it.
    mutating func beginPacket(continuing: Bool) {
        packetByteCount = 0
        guard !continuing else { return }
        self = AccessUnitScanner(syntax: syntax)
    }

    /// Bytes were lost here.
    mutating func skip() {
        zeroCount = 0
        isInUnit = false
    }

    /// The next bytes of the elementary stream.
    mutating func scan(_ bytes: RawSpan) -> Verdict {
        for offset in 0..<bytes.byteCount {
            let verdict = scan(bytes.byte(at: offset))
            if verdict != .undecided { return verdict }
        }
        return .undecided
    }

    private mutating func scan(_ byte: UInt8) -> Verdict {
        packetByteCount += 1
        if byte == 1, zeroCount == 2 {
            zeroCount = 0
            isInUnit = true
            unitByteCount = 0
            unitHead = 0
            unitLeadsPacket = packetByteCount <= 4
            return .undecided
        }
        let isEmulationPrevention = byte == 3 && zeroCount == 2 && syntax.hasEmulationPrevention
        // The first byte after a start code is the unit's type, also where it is 0.
        zeroCount = byte == 0 && !(isInUnit && unitByteCount == 0) ? min(zeroCount + 1, 2) : 0
        guard isInUnit, !isEmulationPrevention else { return .undecided }
        unitByteCount += 1
        if unitByteCount <= 4 { unitHead = unitHead << 8 | UInt32(byte) }
        return switch syntax {
        case .h264: scanH264(byte)
        case .hevc: scanHEVC(byte)
        case .vvc: scanVVC(byte)
        case .mpegVideo: scanMPEGVideo(byte)
        case .mpeg4Visual: scanMPEG4Visual(byte)
        }
    }

    /// The unit is of no more interest.
    private mutating func skipUnit() -> Verdict {
        isInUnit = false
        return .undecided
    }

    /// A slice that is not the first of its picture. Where the PES packet begins with it, none of the following is
    /// expected to begin another.
    private mutating func continuePicture() -> Verdict {
        unitLeadsPacket ? .ordinary : skipUnit()
    }

    /// ISO 14496-10, table 7-1 and section 7.4.1.2.3.
    private mutating func scanH264(_ byte: UInt8) -> Verdict {
        if unitByteCount == 1 {
            switch byte & 0x1F {
            case 1, 2, 5: return .undecided
            case 6: sei = SEIReader()
            case 7, 8, 9, 13, 15: return beginAccessUnit()
            default: return skipUnit()
            }
            hasBegunAccessUnit = true
            return .undecided
        }
        let type = unitHead >> UInt32(8 * (min(unitByteCount, 4) - 1)) & 0x1F
        if type == 6 {
            if sei.read(byte) == SEIReader.recoveryPoint { hasRecoveryPoint = true }
            return .undecided
        }
        // first_mb_in_slice is 0: a single 1 bit.
        guard byte & 0x80 != 0 || hasBegunAccessUnit else { return continuePicture() }
        if type == 5 { return .randomAccessPoint(.idr) }
        return hasRecoveryPoint ? .randomAccessPoint(.recoveryPoint) : .ordinary
    }

    /// ISO 23008-2, table 7-1 and section 7.4.2.4.4.
    private mutating func scanHEVC(_ byte: UInt8) -> Verdict {
        if unitByteCount < 2 { return .undecided }
        if unitByteCount == 2 {
            let layer = unitHead >> 3 & 0x3F
            switch unitHead >> 9 & 0x3F {
            case _ where layer != 0: return skipUnit()
            case 0...31: return .undecided
            case 32...35, 39: return beginAccessUnit()
            default: return skipUnit()
            }
        }
        let type = unitHead >> 17 & 0x3F
        guard byte & 0x80 != 0 || hasBegunAccessUnit else { return continuePicture() }
        return switch type {
        case 16...18: .randomAccessPoint(.bla)
        case 19, 20: .randomAccessPoint(.idr)
        case 21: .randomAccessPoint(.cra)
        default: .ordinary
        }
    }

    /// ISO 23090-3, table 5 and section 7.4.2.4.
    private mutating func scanVVC(_ byte: UInt8) -> Verdict {
        if unitByteCount < 2 { return .undecided }
        if unitByteCount == 2 {
            let layer = unitHead >> 8 & 0x3F
            switch unitHead >> 3 & 0x1F {
            case _ where layer != 0: return skipUnit()
            case 0...11: return .undecided
            case 12...17, 19, 20, 23: return beginAccessUnit()
            default: return skipUnit()
            }
        }
        // A slice that holds the picture header is the only one of its picture.
        guard byte & 0x80 != 0 || hasBegunAccessUnit else { return continuePicture() }
        return switch unitHead >> 11 & 0x1F {
        case 7, 8: .randomAccessPoint(.idr)
        case 9: .randomAccessPoint(.cra)
        case 10: .randomAccessPoint(.gdr)
        default: .ordinary
        }
    }

    /// ISO 13818-2 and 11172-2, section 6.2.
    private mutating func scanMPEGVideo(_ byte: UInt8) -> Verdict {
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
    private mutating func scanMPEG4Visual(_ byte: UInt8) -> Verdict {
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

    private mutating func beginAccessUnit() -> Verdict {
        hasBegunAccessUnit = true
        return skipUnit()
    }
}
