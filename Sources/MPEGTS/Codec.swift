/// What a stream carries, as far as the program map tells.
public enum Codec: Sendable, Hashable {
    case mpeg1Video, mpeg2Video, mpeg4Visual, h264, hevc, vvc, av1, vc1, avs, jpeg2000, dirac
    case mpegAudio, aac, aacLATM, ac3, eac3, ac4, dts, trueHD, opus, smpte302M, lpcm, mpegH
    case dvbSubtitles, teletext, scte35, metadata
    /// A layer or view that adds to another stream (SVC, MVC, HEVC enhancement).
    case enhancement
    /// Something else, with its stream type.
    case other(UInt8)

    public enum Kind: Sendable, Hashable { case video, audio, other }

    public var kind: Kind {
        switch self {
        case .mpeg1Video, .mpeg2Video, .mpeg4Visual, .h264, .hevc, .vvc, .av1, .vc1, .avs, .jpeg2000, .dirac: .video
        case .mpegAudio, .aac, .aacLATM, .ac3, .eac3, .ac4, .dts, .trueHD, .opus, .smpte302M, .lpcm, .mpegH: .audio
        case .dvbSubtitles, .teletext, .scte35, .metadata, .enhancement, .other: .other
        }
    }
}

extension Codec: CustomStringConvertible {
    /// The usual name.
    public var description: String {
        switch self {
        case .mpeg1Video: "MPEG-1 video"
        case .mpeg2Video: "MPEG-2 video"
        case .mpeg4Visual: "MPEG-4 part 2"
        case .h264: "H.264"
        case .hevc: "HEVC"
        case .vvc: "VVC"
        case .av1: "AV1"
        case .vc1: "VC-1"
        case .avs: "AVS"
        case .jpeg2000: "JPEG 2000"
        case .dirac: "Dirac"
        case .mpegAudio: "MPEG audio"
        case .aac: "AAC"
        case .aacLATM: "AAC (LATM)"
        case .ac3: "AC-3"
        case .eac3: "E-AC-3"
        case .ac4: "AC-4"
        case .dts: "DTS"
        case .trueHD: "TrueHD"
        case .opus: "Opus"
        case .smpte302M: "SMPTE 302M"
        case .lpcm: "LPCM"
        case .mpegH: "MPEG-H 3D Audio"
        case .dvbSubtitles: "DVB subtitles"
        case .teletext: "teletext"
        case .scte35: "SCTE-35"
        case .metadata: "metadata"
        case .enhancement: "enhancement layer"
        case .other(let type):
            Self.otherNames[type].map { "\($0) (stream type 0x\(String(type, radix: 16)))" }
                ?? "stream type 0x\(String(type, radix: 16))"
        }
    }
}

extension Codec {
    /// What is passed on and not looked at, by its stream type (ISO 13818-1, table 2-34; ATSC A/53; ANSI/SCTE 57).
    private static let otherNames: [UInt8: String] = [
        0x05: "private sections", 0x06: "private data", 0x07: "MHEG", 0x08: "DSM-CC", 0x09: "H.222.1", 0x0A: "DSM-CC",
        0x0B: "DSM-CC", 0x0C: "DSM-CC", 0x0D: "DSM-CC", 0x0E: "auxiliary data", 0x12: "MPEG-4 systems",
        0x13: "MPEG-4 systems", 0x14: "DSM-CC download", 0x16: "metadata sections", 0x17: "metadata in DSM-CC",
        0x18: "metadata in DSM-CC", 0x19: "metadata in DSM-CC", 0x1A: "IPMP", 0x1D: "MPEG-4 text",
        0x1E: "auxiliary video", 0x2A: "green metadata", 0x32: "JPEG XS", 0x34: "LCEVC", 0x7F: "IPMP",
        0x82: "SCTE subtitles", 0x83: "LPCM or lossless sound", 0x85: "ATSC program identifier",
        0x95: "ATSC data service", 0x97: "SCTE network data",
    ]

    /// Stream types of ISO 13818-1, table 2-34, then what registration and DVB descriptors add for private ones.
    init(streamType: UInt8, descriptors: DescriptorLoop, programRegistration: UInt32?) {
        let isBluRay = (descriptors.registration ?? programRegistration) == 0x4844_4D56 /* HDMV */
        switch streamType {
        case 0x01: self = .mpeg1Video
        case 0x02: self = .mpeg2Video
        case 0x03, 0x04: self = .mpegAudio
        case 0x0F, 0x1C: self = .aac
        case 0x10: self = .mpeg4Visual
        case 0x11: self = .aacLATM
        case 0x15: self = .metadata
        case 0x1B: self = .h264
        case 0x2D, 0x2E: self = .mpegH
        case 0x1F, 0x20, 0x22, 0x23, 0x25...0x29, 0x2B, 0x2C, 0x2F...0x31: self = .enhancement
        case 0x21: self = .jpeg2000
        case 0x24: self = .hevc
        case 0x33: self = .vvc
        case 0x42, 0xD2, 0xD4: self = .avs
        case 0x80: self = isBluRay ? .lpcm : .mpeg2Video
        case 0x81: self = .ac3
        // SCTE has subtitles there (ANSI/SCTE 57), ffmpeg writes DTS.
        case 0x82 where descriptors.registration != 0x5343_5445 /* SCTE */: self = .dts
        case 0x83 where isBluRay: self = .trueHD
        case 0x84 where isBluRay, 0x87: self = .eac3
        case 0x85 where isBluRay, 0x86 where isBluRay, 0x8A: self = .dts
        case 0x86: self = .scte35
        case 0xD1: self = .dirac
        case 0xEA: self = .vc1
        default: self = Self.privateData(descriptors) ?? .other(streamType)
        }
    }

    private static func privateData(_ descriptors: DescriptorLoop) -> Codec? {
        switch descriptors.registration {
        case 0x4156_3031 /* AV01 */: return .av1
        case 0x4845_5643 /* HEVC */: return .hevc
        case 0x5656_4320 /* VVC */: return .vvc
        case 0x5643_2D31 /* VC-1 */: return .vc1
        case 0x6472_6163 /* drac */: return .dirac
        case 0x4F70_7573 /* Opus */: return .opus
        case 0x4143_2D33 /* AC-3 */: return .ac3
        case 0x4541_4333 /* EAC3 */: return .eac3
        case 0x4143_2D34 /* AC-4 */: return .ac4
        case 0x6D6C_7061 /* mlpa */: return .trueHD
        case 0x4454_5331 /* DTS1 */, 0x4454_5332 /* DTS2 */, 0x4454_5333 /* DTS3 */: return .dts
        case 0x4253_5344 /* BSSD */: return .smpte302M
        case 0x4355_4549 /* CUEI */: return .scte35
        case 0x4B4C_5641 /* KLVA */, 0x4944_3320 /* ID3 */: return .metadata
        default: break
        }
        // ETSI EN 300 468, tables 12 and 109.
        if descriptors.contains(0x6A) { return .ac3 }
        if descriptors.contains(0x7A) { return .eac3 }
        if descriptors.contains(0x7B) || descriptors.containsExtension(0x0E) { return .dts }
        if descriptors.contains(0x7C) { return .aac }
        if descriptors.containsExtension(0x15) { return .ac4 }
        if descriptors.contains(0x59) { return .dvbSubtitles }
        if descriptors.contains(0x56) || descriptors.contains(0x46) { return .teletext }
        return nil
    }
}
