import MPEGTS

extension TSBuilder {
    /// Writes a PES packet.
    ///
    /// Its size is left open, as for video, unless `isBounded`; `firstSize` limits the payload of its first packet.
    public mutating func pes(
        _ elementary: [UInt8], pid: PID = 0x100, streamID: UInt8 = 0xE0, pts: Int64? = nil, dts: Int64? = nil,
        marks: Marks = .init(), isBounded: Bool = false, firstSize: Int = 184
    ) {
        let pes = Self.pesPacket(elementary, streamID: streamID, pts: pts, dts: dts, isBounded: isBounded)
        payload(pes, pid: pid, marks: marks, firstSize: firstSize)
    }

    /// A PES packet, ticks of 90 kHz modulo 2^33.
    public static func pesPacket(
        _ elementary: [UInt8], streamID: UInt8 = 0xE0, pts: Int64?, dts: Int64? = nil, isBounded: Bool = false
    ) -> [UInt8] {
        var optional: [UInt8] = []
        if let pts { optional += timestamp(pts, prefix: dts == nil ? 2 : 3) }
        if let dts { optional += timestamp(dts, prefix: 1) }
        let length = isBounded ? min(3 + optional.count + elementary.count, 0xFFFF) : 0
        var packet: [UInt8] = [0, 0, 1, streamID, UInt8(length >> 8), UInt8(length & 0xFF), 0x80]
        packet += [(pts == nil ? 0 : 0x80) | (dts == nil ? 0 : 0x40), UInt8(optional.count)]
        return packet + optional + elementary
    }

    private static func timestamp(_ ticks: Int64, prefix: UInt8) -> [UInt8] {
        let ticks = Timestamp(ticks: ticks).ticks
        return [
            prefix << 4 | UInt8(ticks >> 30 & 7) << 1 | 1,
            UInt8(ticks >> 22 & 0xFF), UInt8(ticks >> 15 & 0x7F) << 1 | 1,
            UInt8(ticks >> 7 & 0xFF), UInt8(ticks & 0x7F) << 1 | 1,
        ]
    }
}

/// Pictures of video codecs, as far as a segmenter looks at them: real headers, slices full of noise without start codes.
public enum TestPicture {
    static let startCode: [UInt8] = [0, 0, 0, 1]

    /// `count` bytes in which no start code can be, the same for the same seed.
    public static func noise(_ count: Int, seed: Int = 0) -> [UInt8] {
        (0..<max(count, 0)).map { UInt8(truncatingIfNeeded: ($0 &* 31 &+ seed &* 17 &+ $0 >> 3) & 0x7F | 0x80) }
    }

    /// The kinds of H.264 pictures that matter.
    public enum H264: Sendable, Hashable {
        case idr, ordinary
        /// A picture of another kind behind a recovery point message.
        case recoveryPoint
        /// An I picture that nothing announces.
        case bareIntra
    }

    public static let h264ParameterSets: [UInt8] =
        startCode + [0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x47, 0xFE, 0xC8] + startCode + [0x68, 0xCE, 0x38, 0x80]

    /// An access unit: delimiter, parameter sets, messages, slices.
    public static func h264(
        _ kind: H264, size: Int = 400, hasDelimiter: Bool = true, hasParameterSets: Bool? = nil, sliceCount: Int = 1,
        extraMessage: [UInt8] = []
    ) -> [UInt8] {
        var unit: [UInt8] = hasDelimiter ? startCode + [0x09, 0xF0] : []
        if hasParameterSets ?? (kind != .ordinary) { unit += h264ParameterSets }
        var messages = extraMessage
        if kind == .recoveryPoint { messages += [6, 1, 0x84] }
        if !messages.isEmpty { unit += startCode + [0x06] + messages + [0x80] }
        for slice in 0..<sliceCount {
            let type: UInt8 = kind == .idr ? 0x65 : 0x41
            // first_mb_in_slice 0 and slice_type 7 (I) or 5 (P); then first_mb_in_slice 1.
            let isIntra = kind == .idr || kind == .bareIntra
            unit += [0, 0, 1, type, slice == 0 ? (isIntra ? 0x88 : 0x98) : 0x46]
            unit += noise(size / sliceCount, seed: slice)
        }
        return unit
    }

    /// An HEVC access unit whose slices are NAL units of `type`.
    public static func hevc(_ type: UInt8, size: Int = 400, sliceCount: Int = 1) -> [UInt8] {
        var unit: [UInt8] = startCode + [35 << 1, 1, 0x50]
        if (16...21).contains(type) {
            for parameterSet: UInt8 in 32...34 { unit += startCode + [parameterSet << 1, 1] + noise(20) }
        }
        for slice in 0..<sliceCount {
            unit += [0, 0, 1, type << 1, 1, slice == 0 ? 0xAF : 0x2F] + noise(size / sliceCount, seed: slice)
        }
        return unit
    }

    /// A VVC access unit whose slice is a NAL unit of `type`.
    public static func vvc(_ type: UInt8, size: Int = 400) -> [UInt8] {
        startCode + [0, 20 << 3 | 1, 0x50] + startCode + [0, type << 3 | 1, 0xC4] + noise(size)
    }

    /// An MPEG-1 or MPEG-2 picture, coding type 1 (I), 2 (P) or 3 (B).
    public static func mpeg2(codingType: UInt8, hasSequenceHeader: Bool, size: Int = 400) -> [UInt8] {
        var unit: [UInt8] = []
        if hasSequenceHeader {
            unit += [0, 0, 1, 0xB3, 0x2D, 0x02, 0x40, 0x33, 0xFF, 0xFF, 0xE0, 0x18]
            unit += [0, 0, 1, 0xB8, 0x00, 0x08, 0x00, 0x40]
        }
        unit += [0, 0, 1, 0x00, 0x00, codingType << 3 | 0x07, 0xFF, 0xF8]
        return unit + [0, 0, 1, 0x01] + noise(size)
    }

    /// An MPEG-4 part 2 picture.
    public static func mpeg4(isIntra: Bool, size: Int = 400) -> [UInt8] {
        let header: [UInt8] = isIntra ? [0, 0, 1, 0x20, 0xAC, 0xC4] : []
        return header + [0, 0, 1, 0xB6, isIntra ? 0x10 : 0x50] + noise(size)
    }

    /// Audio frames: the codec's sync word and noise.
    public static func audio(_ syncWord: UInt16, frameCount: Int = 1, size: Int = 300) -> [UInt8] {
        (0..<frameCount).flatMap { [UInt8(syncWord >> 8), UInt8(syncWord & 0xFF)] + noise(size, seed: $0) }
    }
}
