/// What a stream that is not MPEG-TS looks like, judged by its first bytes.
public enum InputFormat: String, Sendable, CaseIterable {
    case mp4 = "MP4"
    case matroska = "Matroska or WebM"
    case flv = "FLV"
    case ogg = "Ogg"
    case wav = "WAV"
    case avi = "AVI"
    case webp = "WebP"
    case jpeg = "JPEG"
    case png = "PNG"
    case gif = "GIF"
    case mp3 = "MP3"
    case adts = "AAC (ADTS)"
    case flac = "FLAC"
    case aiff = "AIFF"
    case programStream = "an MPEG program stream"
    case elementaryStream = "a bare elementary stream (H.264, HEVC or MPEG video)"
    case rtp = "RTP packets"
    case mxf = "MXF"
    case asf = "ASF/WMV"
    case ivf = "IVF"
    case yuv4mpeg = "YUV4MPEG"
    case nut = "NUT"
    case gzip = "gzip"
    case zip = "ZIP"
    case pdf = "PDF"
    case playlist = "an M3U playlist"
    case html = "HTML"
    case xml = "XML"
    case json = "JSON"
    case httpAnswer = "an HTTP answer"
    case text = "text"

    /// Bytes that ``init(head:)`` looks at.
    static let headSize = 512

    private static let signatures: [(bytes: [UInt8], offset: Int, format: InputFormat)] = [
        (Array("ftyp".utf8), 4, .mp4), (Array("moov".utf8), 4, .mp4), (Array("styp".utf8), 4, .mp4),
        (Array("mdat".utf8), 4, .mp4), (Array("free".utf8), 4, .mp4), (Array("wide".utf8), 4, .mp4),
        ([0x1A, 0x45, 0xDF, 0xA3], 0, .matroska), (Array("FLV\u{1}".utf8), 0, .flv),
        (Array("OggS".utf8), 0, .ogg), (Array("WAVE".utf8), 8, .wav), (Array("AVI ".utf8), 8, .avi),
        (Array("WEBP".utf8), 8, .webp), ([0xFF, 0xD8, 0xFF], 0, .jpeg), ([0x89, 0x50, 0x4E, 0x47], 0, .png),
        (Array("GIF8".utf8), 0, .gif), (Array("ID3".utf8), 0, .mp3), (Array("fLaC".utf8), 0, .flac),
        (Array("AIFF".utf8), 8, .aiff), ([0, 0, 1, 0xBA], 0, .programStream),
        ([0x06, 0x0E, 0x2B, 0x34], 0, .mxf), ([0x30, 0x26, 0xB2, 0x75], 0, .asf), (Array("DKIF".utf8), 0, .ivf),
        (Array("YUV4MPEG2".utf8), 0, .yuv4mpeg), (Array("nut/multimedia".utf8), 0, .nut),
        ([0x1F, 0x8B], 0, .gzip), ([0x50, 0x4B, 3, 4], 0, .zip), (Array("%PDF".utf8), 0, .pdf),
        (Array("#EXTM3U".utf8), 0, .playlist), (Array("HTTP/1".utf8), 0, .httpAnswer),
        ([0, 0, 0, 1], 0, .elementaryStream), ([0, 0, 1], 0, .elementaryStream),
    ]

    /// nil if nothing is known that begins so.
    ///
    /// - Parameter head: the first bytes; ``headSize`` are enough.
    public init?(head: [UInt8]) {
        func has(_ bytes: [UInt8], at offset: Int) -> Bool {
            head.count >= offset + bytes.count && head[offset..<offset + bytes.count].elementsEqual(bytes)
        }
        if let found = Self.signatures.first(where: { has($0.bytes, at: $0.offset) }) {
            self = found.format
            return
        }
        if head.count >= 2, head[0] == 0xFF, head[1] & 0xF6 == 0xF0 {
            self = .adts
        } else if head.count >= 2, head[0] == 0xFF, head[1] & 0xE0 == 0xE0, head[1] & 0x06 != 0 {
            self = .mp3
        } else if head.count > 12, head[0] & 0xC0 == 0x80, head[12] == TransportPacket.syncByte {
            self = .rtp
        } else {
            guard let text = Self.text(head) else { return nil }
            self = text
        }
    }

    /// Whether people can read it.
    public var isDocument: Bool { [.text, .html, .xml, .json, .playlist].contains(self) }

    private static func text(_ head: [UInt8]) -> InputFormat? {
        let isText = head.prefix(headSize).allSatisfy {
            $0 >= 0x20 && $0 != 0x7F || (9...13).contains($0) || $0 == 0x1B
        }
        guard isText, head.contains(where: { $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let start = head.drop { $0 <= 0x20 }.prefix(14).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        if start.starts(with: "<!doctype html".utf8) || start.starts(with: "<html".utf8) { return .html }
        if start.first == UInt8(ascii: "<") { return .xml }
        if start.first == UInt8(ascii: "{") || start.first == UInt8(ascii: "[") { return .json }
        return .text
    }

    /// What the user can do about it.
    var advice: String {
        switch self {
        case .text, .html, .xml, .json, .httpAnswer, .pdf:
            "check where it comes from: this is an answer or a document, no media"
        case .gzip, .zip:
            "unpack it first"
        case .playlist:
            "give its address instead of piping it, so that ffmpeg plays it"
        case .rtp:
            "give ffmpeg the rtp:// address or an SDP file instead of piping it"
        default:
            "give the file name instead of piping it, so that ffmpeg remuxes it"
        }
    }
}

/// The input is not MPEG-TS.
public struct NotTransportStream: Error, Hashable, CustomStringConvertible {
    /// What it looks like; nil if that is unknown.
    public let format: InputFormat?
    /// Bytes that were looked at.
    public let byteCount: Int

    /// One line: what failed, and what to try.
    public var description: String {
        if byteCount == 0 { return "the input is empty: check that what feeds it has started and has not failed" }
        guard let format else {
            return """
                no MPEG-TS packets in the first \(byteCount) bytes of the input; \
                convert it: ffmpeg -i INPUT -c copy -f mpegts -
                """
        }
        return "the input is not MPEG-TS, it looks like \(format.rawValue): \(format.advice)"
    }
}
