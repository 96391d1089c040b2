/// Fragmented MP4 written box by box.
struct MovieBuilder {
    static func box(_ type: String, _ payload: [UInt8]...) -> [UInt8] {
        let bytes = payload.flatMap { $0 }
        return number(UInt64(bytes.count + 8), 4) + Array(type.utf8) + bytes
    }

    static func full(_ type: String, version: UInt8 = 0, flags: UInt64 = 0, _ payload: [UInt8]...) -> [UInt8] {
        box(type, [version] + number(flags, 3) + payload.flatMap { $0 })
    }

    static func number(_ value: UInt64, _ byteCount: Int) -> [UInt8] {
        (0..<byteCount).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

    static let avc = box("avc1", zeros(78), box("avcC", [1, 0x64, 0x00, 0x1F, 0xFF, 0xE1]))
    static let aac = box(
        "mp4a", zeros(28),
        full("esds", [0x03, 0x80, 0x80, 0x80, 0x22, 0, 0, 0, 0x04, 0x14, 0x40] + zeros(12) + [0x05, 0x02, 0x11, 0x90]))

    static func track(_ id: UInt64, _ handler: String, timescale: UInt64, _ entry: [UInt8]) -> [UInt8] {
        box(
            "trak", full("tkhd", zeros(8), number(id, 4), zeros(60)),
            box(
                "mdia", full("mdhd", zeros(8), number(timescale, 4), zeros(8)),
                full("hdlr", zeros(4), Array(handler.utf8), zeros(13)),
                box("minf", box("stbl", full("stsd", number(1, 4), entry)))))
    }

    /// `ftyp` and `moov`; samples are no keyframes unless they say so.
    static func initialization(_ tracks: [[UInt8]]) -> [UInt8] {
        let extends = tracks.indices.map {
            full("trex", number(UInt64($0 + 1), 4), number(1, 4), zeros(8), number(0x0101_0000, 4))
        }
        return box("ftyp", Array("iso5".utf8), zeros(4))
            + box("moov", full("mvhd", zeros(96)), tracks.flatMap { $0 }, box("mvex", extends.flatMap { $0 }))
    }

    static let movie = initialization([
        track(1, "vide", timescale: 90_000, avc), track(2, "soun", timescale: 48_000, aac),
    ])

    /// How a run says what its first sample is.
    enum SampleFlags { case first(UInt64), each(UInt64), header(UInt64), none }

    static let keyframe: UInt64 = 0x0200_0000
    static let otherFrame: UInt64 = 0x0101_0000

    static func part(_ track: UInt64, time: UInt64, _ flags: SampleFlags, count: UInt64 = 1) -> [UInt8] {
        let header: [UInt8]
        if case .header(let value) = flags {
            // With a description's index and a default duration before the flags.
            header = full("tfhd", flags: 0x02002A, number(track, 4), number(1, 4), number(3600, 4), number(value, 4))
        } else {
            header = full("tfhd", flags: 0x020000, number(track, 4))
        }
        let run: [UInt8]
        switch flags {
        case .first(let value):
            run = full("trun", flags: 0x205, number(count, 4), number(100, 4), number(value, 4), number(5, 4))
        case .each(let value):
            run = full(
                "trun", flags: 0x701, number(count, 4), number(100, 4), number(3600, 4), number(5, 4), number(value, 4))
        case .header, .none: run = full("trun", flags: 0x201, number(count, 4), number(100, 4), number(5, 4))
        }
        return box("traf", header, full("tfdt", version: 1, number(time, 8)), run)
    }

    static func fragment(_ parts: [UInt8]..., data: [UInt8] = [1, 2, 3, 4, 5]) -> [UInt8] {
        box("moof", full("mfhd", number(1, 4)), parts.flatMap { $0 }) + box("mdat", data)
    }
}
