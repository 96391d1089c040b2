/// What a sequence parameter set says that a decoder needs to be able to.
public enum VideoProfile: Sendable, Hashable {
    /// H.264: profile, constraints and level, a byte each (ISO 14496-10, section 7.3.2.1.1).
    case h264(UInt32)
    /// HEVC (ISO 23008-2, section 7.3.3).
    case hevc(profile: UInt8, compatibility: UInt32, constraints: UInt64, level: UInt8)
}

extension AccessUnitScanner {
    /// What the last sequence parameter set says.
    var profile: VideoProfile? {
        switch syntax {
        case .h264:
            guard var reader = sequenceReader(at: 1, isSequence: { $0 & 0x1F == 7 }) else { return nil }
            let bytes = reader.bits(24)
            return reader.isPastEnd ? nil : .h264(bytes)
        case .hevc:
            guard var reader = sequenceReader(at: 3, isSequence: { $0 >> 1 & 0x3F == 33 }) else { return nil }
            let profile = UInt8(reader.bits(8))
            let compatibility = reader.bits(32)
            let constraints = UInt64(reader.bits(24)) << 24 | UInt64(reader.bits(24))
            let level = UInt8(reader.bits(8))
            guard !reader.isPastEnd else { return nil }
            return .hevc(profile: profile, compatibility: compatibility, constraints: constraints, level: level)
        case .mpegVideo, .vvc, .mpeg4Visual: return nil
        }
    }

    /// - Parameter offset: of what is to be read, from the header of the sequence parameter set on.
    private func sequenceReader(at offset: Int, isSequence: (UInt8) -> Bool) -> BitReader? {
        let bytes = parameterSets.bytes
        let start = bytes.indices.dropLast(4).first {
            bytes[$0] == 0 && bytes[$0 + 1] == 0 && bytes[$0 + 2] == 0 && bytes[$0 + 3] == 1
                && isSequence(bytes[$0 + 4])
        }
        return start.map { BitReader(BitReader.withoutEmulationPrevention(bytes[($0 + 4)...].prefix(64)), at: offset) }
    }
}
