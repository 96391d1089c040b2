extension Track {
    /// The tracks of a `moov` (ISO 14496-12, section 8.3).
    static func all(inMovie box: Box) throws(FragmentedMP4Error) -> [Track] {
        let children = try box.children()
        var defaults: [UInt32: UInt32] = [:]
        for extends in children where extends.type == "mvex" {
            for trex in try extends.children() where trex.type == "trex" {
                var (_, _, reader) = try trex.fullBox()
                let id = UInt32(try reader.integer(4))
                try reader.skip(12)
                defaults[id] = UInt32(try reader.integer(4))
            }
        }
        var tracks: [Track] = []
        for track in children where track.type == "trak" { tracks.append(try Track(track, defaults)) }
        return tracks
    }

    private init(_ box: Box, _ defaults: [UInt32: UInt32]) throws(FragmentedMP4Error) {
        guard let header = try box.descendant("tkhd"), let mediaHeader = try box.descendant("mdia", "mdhd"),
            let handler = try box.descendant("mdia", "hdlr"),
            let descriptions = try box.descendant("mdia", "minf", "stbl", "stsd")
        else { throw FragmentedMP4Error("a track lacks 'tkhd', 'mdhd', 'hdlr' or 'stsd'") }
        var (version, _, reader) = try header.fullBox()
        try reader.skip(version == 1 ? 16 : 8)
        id = UInt32(try reader.integer(4))
        (version, _, reader) = try mediaHeader.fullBox()
        try reader.skip(version == 1 ? 16 : 8)
        timescale = UInt32(try reader.integer(4))
        (_, _, reader) = try handler.fullBox()
        try reader.skip(4)
        switch FourCC(rawValue: UInt32(try reader.integer(4))) {
        case "vide": kind = .video
        case "soun": kind = .audio
        default: kind = .other
        }
        // Version, flags and the number of entries.
        guard let entry = try descriptions.children(after: 8).first else {
            throw FragmentedMP4Error("a track has no sample description")
        }
        codec = try Self.codec(of: entry, kind)
        defaultSampleFlags = defaults[id] ?? 0
    }

    /// - Returns: as RFC 6381 has it; the bare sample entry's name for codecs that it says no more about.
    private static func codec(of entry: Box, _ kind: Kind) throws(FragmentedMP4Error) -> String {
        // VisualSampleEntry and AudioSampleEntry (sections 12.1.3 and 12.2.3).
        let fieldByteCount =
            switch kind {
            case .video: 78
            case .audio: 28
            case .other: 0
            }
        guard kind != .other else { return entry.type.description }
        let boxes = try entry.children(after: fieldByteCount)
        for box in boxes {
            switch box.type {
            case "avcC": return try avcCodec(entry.type, box)
            case "hvcC": return try hevcCodec(entry.type, box)
            case "esds": return try elementaryCodec(entry.type, box)
            default: continue
            }
        }
        return entry.type == "Opus" ? "opus" : entry.type.description
    }

    /// ISO 14496-15, section 5.3.3.1.
    private static func avcCodec(_ type: FourCC, _ box: Box) throws(FragmentedMP4Error) -> String {
        var reader = FieldReader(box.payload, in: box.type)
        try reader.skip(1)
        return CodecParameter.avc("\(type)", profile: try reader.integer(3))
    }

    /// ISO 14496-15, section 8.3.3.1.
    private static func hevcCodec(_ type: FourCC, _ box: Box) throws(FragmentedMP4Error) -> String {
        var reader = FieldReader(box.payload, in: box.type)
        try reader.skip(1)
        return CodecParameter.hevc(
            "\(type)", profile: try reader.integer(1), compatibility: try reader.integer(4),
            constraints: try reader.integer(6), level: try reader.integer(1))
    }

    /// ISO 14496-1, section 7.2.6: ES_Descriptor, in it DecoderConfigDescriptor, in it DecoderSpecificInfo.
    private static func elementaryCodec(_ type: FourCC, _ box: Box) throws(FragmentedMP4Error) -> String {
        var (_, _, reader) = try box.fullBox()
        func open(_ tag: UInt64) throws(FragmentedMP4Error) -> Bool {
            guard try reader.integer(1) == tag else { return false }
            // A length of up to four bytes, the last of them without the high bit.
            for _ in 0..<4 where try reader.integer(1) & 0x80 == 0 { break }
            return true
        }
        guard try open(0x03) else { return type.description }
        try reader.skip(2)
        let flags = try reader.integer(1)
        if flags & 0x80 != 0 { try reader.skip(2) }
        if flags & 0x40 != 0 { try reader.skip(Int(try reader.integer(1))) }
        if flags & 0x20 != 0 { try reader.skip(2) }
        guard try open(0x04) else { return type.description }
        let objectType = try reader.integer(1)
        let text = "\(type).\(CodecParameter.hexadecimal(objectType, digits: 2))"
        guard objectType == 0x40 else { return text }
        try reader.skip(12)
        guard try open(0x05) else { return text }
        let first = try reader.integer(1)
        let audioType = first >> 3
        // 31 stands for a longer number (ISO 14496-3, section 1.6.2.1).
        if audioType < 31 { return "mp4a.40.\(audioType)" }
        return "mp4a.40.\(32 + (first & 0x07) << 3 | (try reader.integer(1)) >> 5)"
    }
}
