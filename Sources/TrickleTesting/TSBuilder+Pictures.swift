import MPEGTS

extension TSBuilder {
    /// Writes a PES packet; ticks of 90 kHz are taken modulo 2^33.
    ///
    /// Its size is left open, as for video, unless `isBounded`; `firstSize` limits the payload of its first packet.
    public mutating func pes(
        _ elementary: [UInt8], pid: PID = 0x100, streamID: UInt8 = 0xE0, pts: Int64? = nil, dts: Int64? = nil,
        marks: Marks = .init(), isBounded: Bool = false, firstSize: Int = 184
    ) {
        let header = PESHeader(
            streamID: streamID, pts: pts.map { Timestamp(ticks: $0) }, dts: dts.map { Timestamp(ticks: $0) })
        var packet = header.packet(elementary)
        if !isBounded { packet.replaceSubrange(4..<6, with: [0, 0]) }
        payload(packet, pid: pid, marks: marks, firstSize: firstSize)
    }
}

/// Pictures of video codecs, as far as a segmenter looks at them: real headers, slices full of noise without start
/// codes.
public enum TestPicture {
    public static let startCode: [UInt8] = [0, 0, 0, 1]

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

extension TestPicture {
    /// A field of an interlaced picture: parameter sets that allow fields, a recovery point message if it is announced,
    /// one slice.
    public static func h264Field(frameNumber: Int, isBottom: Bool, isAnnounced: Bool) -> [UInt8] {
        // Baseline of 64 x 64 with fields: profile 77, level 30, sps 0, log2_max_frame_num 4, pic_order_cnt_type 2,
        // 1 reference frame, 4 x 2 macroblocks in map units, frame_mbs_only_flag 0.
        var sequence = BitWriter([0x67, 77, 0, 30])
        for code in [0, 0, 2, 1] { sequence.golomb(code) }
        sequence.bits(0, 1)
        for code in [3, 1] { sequence.golomb(code) }
        sequence.bits(0, 5)
        var unit = startCode + [0x09, 0xF0]
        if isAnnounced {
            unit += startCode + sequence.trailed + startCode + [0x68, 0xCE, 0x38, 0x80]
            unit += startCode + [0x06, 6, 1, 0x84, 0x80]
        }
        var slice = BitWriter([0x41])
        for code in [0, 5, 0] { slice.golomb(code) }
        slice.bits(frameNumber, 4)
        slice.bits(isBottom ? 0b11 : 0b10, 2)
        return unit + [0, 0, 1] + slice.trailed + noise(300)
    }

    private struct BitWriter {
        private var bytes: [UInt8]
        private var free = 0

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }

        mutating func bits(_ value: Int, _ count: Int) {
            for index in stride(from: count - 1, through: 0, by: -1) {
                if free == 0 {
                    bytes.append(0)
                    free = 8
                }
                free -= 1
                bytes[bytes.count - 1] |= UInt8(value >> index & 1) << UInt8(free)
            }
        }

        mutating func golomb(_ value: Int) {
            let width = (value + 1).bitWidth - (value + 1).leadingZeroBitCount
            bits(value + 1, 2 * width - 1)
        }

        /// The bytes, ended by a 1 bit.
        var trailed: [UInt8] {
            var copy = self
            copy.bits(1, 1)
            return copy.bytes
        }
    }
}
