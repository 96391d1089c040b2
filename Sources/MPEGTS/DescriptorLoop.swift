/// The descriptors that say what a stream is (ISO 13818-1, section 2.6; ETSI EN 300 468, section 6).
struct DescriptorLoop {
    /// The format identifier of a registration descriptor, four characters.
    private(set) var registration: UInt32?
    /// ISO 639 code of the first language.
    private(set) var language: String?
    /// Tags that are there, 0 … 255, as bits.
    private var tags: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    /// Tags of DVB extension descriptors (0x7F) that are there, up to 63.
    private var extensionTags: UInt64 = 0

    init(_ section: borrowing RawSpan, in range: Range<Int>) {
        var offset = range.lowerBound
        while offset + 2 <= range.upperBound {
            let tag = section.byte(at: offset)
            let start = offset + 2
            let end = start + Int(section.byte(at: offset + 1))
            guard end <= range.upperBound else { return }
            insert(tag)
            switch tag {
            case 0x05 where end - start >= 4 && registration == nil:
                registration = UInt32(section.word(at: start)) << 16 | UInt32(section.word(at: start + 2))
            case 0x0A where end - start >= 4 && language == nil:
                let letters = (start..<start + 3).map { section.byte(at: $0) }
                if letters.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
                    language = String(decoding: letters, as: UTF8.self)
                }
            case 0x7F where end > start && section.byte(at: start) < 64:
                extensionTags |= 1 << UInt64(section.byte(at: start))
            default: break
            }
            offset = end
        }
    }

    func contains(_ tag: UInt8) -> Bool {
        let bit: UInt64 = 1 << UInt64(tag & 63)
        return switch tag >> 6 {
        case 0: tags.0 & bit != 0
        case 1: tags.1 & bit != 0
        case 2: tags.2 & bit != 0
        default: tags.3 & bit != 0
        }
    }

    func containsExtension(_ tag: UInt8) -> Bool {
        tag < 64 && extensionTags & 1 << UInt64(tag) != 0
    }

    private mutating func insert(_ tag: UInt8) {
        let bit: UInt64 = 1 << UInt64(tag & 63)
        switch tag >> 6 {
        case 0: tags.0 |= bit
        case 1: tags.1 |= bit
        case 2: tags.2 |= bit
        default: tags.3 |= bit
        }
    }
}
