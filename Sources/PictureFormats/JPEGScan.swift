/// Looks for the end of a JPEG whose bytes come bit by bit (ITU-T T.81, annex B). Each byte is looked at once.
struct JPEGScan: Sendable {
    private enum Place {
        /// At a marker.
        case marker
        /// In entropy-coded data, which the next marker ends that is no restart (B.1.1.5).
        case entropyCoded
    }

    private static let marker: UInt8 = 0xFF
    private static let startOfImage: UInt8 = 0xD8
    private static let endOfImage: UInt8 = 0xD9
    private static let startOfScan: UInt8 = 0xDA
    /// Before this place there is nothing more to find.
    private var position = 0
    private var place = Place.marker

    /// - Parameter bytes: The picture from its first byte on, as far as it has come, and more each time.
    /// - Returns: How many of them are the picture; nil while its end is not there.
    /// - Throws: ``PictureStreamError/unexpected`` where a marker is missing.
    mutating func end(in bytes: [UInt8]) throws(PictureStreamError) -> Int? {
        while true {
            switch place {
            case .marker:
                guard let code = try code(in: bytes) else { return nil }
                if code == Self.endOfImage { return position + 2 }
                if code == Self.startOfImage || Self.isAlone(code) {
                    position += 2
                    continue
                }
                guard position + 4 <= bytes.count else { return nil }
                let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
                // The length counts its own two bytes.
                guard length >= 2 else { throw .unexpected }
                guard position + 2 + length <= bytes.count else { return nil }
                position += 2 + length
                if code == Self.startOfScan { place = .entropyCoded }
            case .entropyCoded:
                guard let next = nextMarker(in: bytes) else { return nil }
                position = next
                place = .marker
            }
        }
    }

    /// The code of the marker at the place; nil while it is not there.
    private mutating func code(in bytes: [UInt8]) throws(PictureStreamError) -> UInt8? {
        guard position < bytes.count else { return nil }
        guard bytes[position] == Self.marker else { throw .unexpected }
        // Any number of fill bytes may stand before a marker (B.1.1.2), but none before the first.
        while position > 0, position + 1 < bytes.count, bytes[position + 1] == Self.marker { position += 1 }
        guard position + 1 < bytes.count else { return nil }
        let code = bytes[position + 1]
        guard (position == 0) == (code == Self.startOfImage), code != 0 else { throw .unexpected }
        return code
    }

    /// The next marker in entropy-coded data: a byte FF is none where a zero follows, or the number of a restart. What follows is looked at
    /// again where it is not there yet.
    private mutating func nextMarker(in bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            while position + 1 < bytes.count {
                if bytes[position] == Self.marker {
                    let code = bytes[position + 1]
                    if code != 0, !(0xD0...0xD7).contains(code) { return position }
                }
                position += 1
            }
            return nil
        }
    }

    /// Whether a marker has no segment behind it: TEM and the restarts.
    private static func isAlone(_ code: UInt8) -> Bool { code == 0x01 || (0xD0...0xD7).contains(code) }
}
