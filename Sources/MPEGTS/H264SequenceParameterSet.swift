/// What a sequence parameter set says about pictures (ISO 14496-10, section 7.3.2.1.1).
struct H264SequenceParameterSet: Sendable, Hashable {
    let profile: UInt8
    let width: Int
    let height: Int
    /// False: pictures may be fields.
    let isFramesOnly: Bool
    private let frameNumberBits: Int
    private let hasSeparateColourPlanes: Bool

    /// nil if it does not fit into itself.
    ///
    /// - Parameter unit: the NAL unit with its header, emulation prevention included.
    init?(unit: [UInt8]) {
        var reader = BitReader(BitReader.withoutEmulationPrevention(unit), at: 1)
        profile = UInt8(reader.bits(8))
        reader.skip(16)
        _ = reader.unsignedGolomb()
        var chromaFormat = 1
        var separatePlanes = false
        if [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135].contains(profile) {
            chromaFormat = reader.unsignedGolomb()
            if chromaFormat == 3 { separatePlanes = reader.bit() }
            _ = reader.unsignedGolomb()
            _ = reader.unsignedGolomb()
            reader.skip(1)
            if reader.bit() { Self.skipScalingLists(&reader, count: chromaFormat == 3 ? 12 : 8) }
        }
        hasSeparateColourPlanes = separatePlanes
        frameNumberBits = reader.unsignedGolomb() + 4
        switch reader.unsignedGolomb() {
        case 0: _ = reader.unsignedGolomb()
        case 1:
            reader.skip(1)
            _ = reader.signedGolomb()
            _ = reader.signedGolomb()
            let count = reader.unsignedGolomb()
            guard count <= 255 else { return nil }
            for _ in 0..<count { _ = reader.signedGolomb() }
        default: break
        }
        _ = reader.unsignedGolomb()
        reader.skip(1)
        let widthInMacroblocks = reader.unsignedGolomb() + 1
        let heightInMapUnits = reader.unsignedGolomb() + 1
        isFramesOnly = reader.bit()
        if !isFramesOnly { reader.skip(1) }
        reader.skip(1)
        var crop = (0, 0, 0, 0)
        if reader.bit() {
            crop = (reader.unsignedGolomb(), reader.unsignedGolomb(), reader.unsignedGolomb(), reader.unsignedGolomb())
        }
        // 16 bits hold any size that a level allows.
        guard !reader.isPastEnd, frameNumberBits <= 16, widthInMacroblocks < 4096, heightInMapUnits < 4096 else {
            return nil
        }
        let unitWidth = chromaFormat == 1 || chromaFormat == 2 ? 2 : 1
        let unitHeight = (chromaFormat == 1 ? 2 : 1) * (isFramesOnly ? 1 : 2)
        width = max(widthInMacroblocks * 16 - unitWidth * min(crop.0 + crop.1, 0xFFFF), 0)
        height = max(heightInMapUnits * (isFramesOnly ? 16 : 32) - unitHeight * min(crop.2 + crop.3, 0xFFFF), 0)
    }

    private static func skipScalingLists(_ reader: inout BitReader, count: Int) {
        for index in 0..<count where reader.bit() {
            var last = 8
            var next = 8
            for _ in 0..<(index < 6 ? 16 : 64) {
                if next != 0 { next = (last + reader.signedGolomb()) & 0xFF }
                if next != 0 { last = next }
            }
        }
    }

    /// A field picture, by its slice header.
    struct Field: Sendable, Hashable {
        let frameNumber: UInt32
        let isBottom: Bool

        /// Whether this is the other field of the frame that `first` began.
        func completes(_ first: Field) -> Bool {
            frameNumber == first.frameNumber && isBottom != first.isBottom
        }
    }

    /// Bytes of a slice, from its header on, that ``field(slice:)`` needs.
    static let sliceHeaderSize = 16

    /// - Parameter slice: the first bytes of the NAL unit, without emulation prevention.
    /// - Returns: nil for a frame.
    func field(slice: [UInt8]) -> Field? {
        guard !isFramesOnly else { return nil }
        var reader = BitReader(slice, at: 1)
        for _ in 0..<3 { _ = reader.unsignedGolomb() }
        if hasSeparateColourPlanes { reader.skip(2) }
        let number = reader.bits(frameNumberBits)
        guard reader.bit() else { return nil }
        let isBottom = reader.bit()
        return reader.isPastEnd ? nil : Field(frameNumber: number, isBottom: isBottom)
    }
}
