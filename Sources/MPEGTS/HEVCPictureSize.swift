/// The picture size that an HEVC sequence parameter set tells (ISO 23008-2, section 7.3.2.2).
struct HEVCPictureSize: Hashable {
    let width: Int
    let height: Int

    /// nil if there is no sequence parameter set, or it does not fit into itself.
    ///
    /// - Parameter parameterSets: NAL units with four-byte start codes.
    init?(parameterSets: [UInt8]) {
        guard let start = Self.sequenceStart(parameterSets) else { return nil }
        var reader = BitReader(BitReader.withoutEmulationPrevention(parameterSets[start...]), at: 2)
        reader.skip(4)
        let subLayerCount = Int(reader.bits(3))
        reader.skip(1)
        Self.skipProfile(&reader, subLayerCount: subLayerCount)
        _ = reader.unsignedGolomb()
        let chromaFormat = reader.unsignedGolomb()
        if chromaFormat == 3 { reader.skip(1) }
        let codedWidth = reader.unsignedGolomb()
        let codedHeight = reader.unsignedGolomb()
        var window = (0, 0, 0, 0)
        if reader.bit() {
            window = (
                reader.unsignedGolomb(), reader.unsignedGolomb(), reader.unsignedGolomb(), reader.unsignedGolomb()
            )
        }
        guard !reader.isPastEnd, codedWidth < 65_536, codedHeight < 65_536 else { return nil }
        let unitWidth = chromaFormat == 1 || chromaFormat == 2 ? 2 : 1
        let unitHeight = chromaFormat == 1 ? 2 : 1
        width = max(codedWidth - unitWidth * min(window.0 + window.1, 65_536), 0)
        height = max(codedHeight - unitHeight * min(window.2 + window.3, 65_536), 0)
    }

    private static func sequenceStart(_ bytes: [UInt8]) -> Int? {
        guard bytes.count > 6 else { return nil }
        return (0..<bytes.count - 6).first {
            bytes[$0] == 0 && bytes[$0 + 1] == 0 && bytes[$0 + 2] == 0 && bytes[$0 + 3] == 1
                && bytes[$0 + 4] >> 1 & 0x3F == 33
        }.map { $0 + 4 }
    }

    /// profile_tier_level (section 7.3.3), with `subLayerCount` layers below the highest.
    private static func skipProfile(_ reader: inout BitReader, subLayerCount: Int) {
        reader.skip(88 + 8)
        let presence = (0..<subLayerCount).map { _ in (profile: reader.bit(), level: reader.bit()) }
        if subLayerCount > 0 { reader.skip(2 * (8 - subLayerCount)) }
        for layer in presence { reader.skip((layer.profile ? 88 : 0) + (layer.level ? 8 : 0)) }
    }
}
