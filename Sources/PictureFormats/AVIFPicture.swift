/// One keyframe of AV1 as a file that browsers show (AV1 Image File Format 1.1; ISO 23008-12, ISO 14496-12).
///
/// Of the sequence header only what encoders write for single pictures is understood: no timing information, one operating point, 8 bits,
/// 4:2:0.
struct AVIFPicture {
    let bytes: [UInt8]

    /// - Parameters:
    ///   - unit: A temporal unit: OBUs with their sizes (AV1 specification, section 5.3), a sequence header and a frame among them.
    ///   - width: In pixels.
    ///   - height: In pixels.
    /// - Throws: ``PictureStreamError/unexpected`` for anything else.
    init(temporalUnit unit: ArraySlice<UInt8>, width: Int, height: Int) throws(PictureStreamError) {
        var item: [UInt8] = []
        var configuration: [UInt8]?
        var rest = unit
        while let obu = try OBU(takenFrom: &rest) {
            if obu.kind == OBU.sequenceHeader { configuration = try Self.configuration(obu.payload) }
            // What separates units in a stream has no place in a file.
            if obu.kind != OBU.temporalDelimiter { item += obu.bytes }
        }
        guard let configuration else { throw .unexpected }
        let type = Self.box("ftyp", Array("avif".utf8) + Self.u32(0) + Array("avifmif1miafMA1B".utf8))
        let length = Self.meta(configuration, width, height, place: 0, byteCount: 0).count
        let place = type.count + length + 8
        bytes =
            type + Self.meta(configuration, width, height, place: place, byteCount: item.count) + Self.box("mdat", item)
    }

    /// What is in a box `av1C` (AV1 in ISO base media files, section 2.3.3).
    private static func configuration(_ header: ArraySlice<UInt8>) throws(PictureStreamError) -> [UInt8] {
        let bits = header.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard header.count >= 6 else { throw .unexpected }
        // Three bits of the profile, and 21 that are zero: no still picture, no timing, one operating point.
        guard bits & 0x1FFF_FF00 == 0 else { throw .unexpected }
        let (profile, level) = (bits >> 29, bits >> 3 & 0x1F)
        let tier = level > 7 ? bits >> 2 & 1 : 0
        return [0x81, UInt8(profile << 5 | level), UInt8(tier << 7 | 0x0C), 0]
    }

    private static func meta(
        _ configuration: [UInt8], _ width: Int, _ height: Int, place: Int, byteCount: Int
    ) -> [UInt8] {
        let handler = box("hdlr", full + u32(0) + Array("pict".utf8) + [UInt8](repeating: 0, count: 13))
        let primary = box("pitm", full + u16(1))
        // Offset and length have four bytes each.
        let location = box(
            "iloc", full + [0x44, 0] + u16(1) + u16(1) + u16(0) + u16(1) + u32(place) + u32(byteCount))
        let entry = box("infe", [2, 0, 0, 0] + u16(1) + u16(0) + Array("av01".utf8) + [0])
        let items = box("iinf", full + u16(1) + entry)
        let properties =
            box("ispe", full + u32(width) + u32(height)) + box("pixi", full + [3, 8, 8, 8])
            + box("av1C", configuration)
        // The first bit says that nobody can do without the property.
        let associations = box("ipma", full + u32(1) + u16(1) + [3, 1, 2, 0x83])
        return box(
            "meta",
            full + handler + primary + location + items + box("iprp", box("ipco", properties) + associations))
    }

    /// Version and flags.
    private static let full = u32(0)

    private static func box(_ name: String, _ content: [UInt8]) -> [UInt8] {
        u32(8 + content.count) + Array(name.utf8) + content
    }

    private static func u32(_ number: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
    private static func u16(_ number: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }
}

/// One open bitstream unit of AV1 (AV1 specification, section 5.3).
private struct OBU {
    static let sequenceHeader: UInt8 = 1
    static let temporalDelimiter: UInt8 = 2

    let kind: UInt8
    let bytes: ArraySlice<UInt8>
    let payload: ArraySlice<UInt8>

    /// - Returns: nil at the end.
    init?(takenFrom rest: inout ArraySlice<UInt8>) throws(PictureStreamError) {
        guard let header = rest.first else { return nil }
        // A size has to be there, and the bit that is forbidden not.
        guard header & 0x82 == 0x02 else { throw .unexpected }
        var position = rest.startIndex + (header & 0x04 == 0 ? 1 : 2)
        var size = 0
        for index in 0..<4 {
            guard position < rest.endIndex else { throw .unexpected }
            let byte = rest[position]
            position += 1
            size |= Int(byte & 0x7F) << (7 * index)
            if byte & 0x80 == 0 { break }
            if index == 3 { throw .unexpected }
        }
        guard size <= rest.endIndex - position else { throw .unexpected }
        kind = header >> 3 & 0x0F
        payload = rest[position..<position + size]
        bytes = rest[..<(position + size)]
        rest = rest[(position + size)...]
    }
}
