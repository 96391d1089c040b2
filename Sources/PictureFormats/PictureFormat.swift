/// A format of pictures that browsers show, as the first bytes of a file tell it.
public enum PictureFormat: String, CaseIterable, Sendable {
    case jpeg
    case png
    case gif
    case webp
    case avif

    /// As `Content-Type` has it.
    public var contentType: String { "image/\(rawValue)" }

    /// - Parameter bytes: the beginning of a file; 12 bytes are enough.
    /// - Returns: nil for what is none of them.
    public init?(beginning bytes: some Collection<UInt8>) {
        let start = Array(bytes.prefix(12))
        if start.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if start.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if start.starts(with: "GIF8".utf8) {
            self = .gif
        } else if start.starts(with: "RIFF".utf8), start.dropFirst(8).elementsEqual("WEBP".utf8) {
            self = .webp
        } else if start.dropFirst(4).elementsEqual("ftypavif".utf8) || start.dropFirst(4).elementsEqual("ftypavis".utf8)
        {
            self = .avif
        } else {
            return nil
        }
    }

    /// Whether the end of a picture is missing: its structure says that there are more bytes. It is not decoded.
    ///
    /// - Parameter bytes: of this format.
    public func isCut(_ bytes: some RandomAccessCollection<UInt8>) -> Bool {
        switch self {
        // The size of a RIFF chunk does not count its first eight bytes (Google's WebP container specification).
        case .webp: bytes.count < 8 + Self.littleEndian(bytes.dropFirst(4).prefix(4))
        // What the camera puts behind the end of the image is allowed (ITU-T T.81, B.1.1.3).
        case .jpeg: !Self.hasEndOfImage(bytes)
        case .png: !bytes.suffix(8).prefix(4).elementsEqual("IEND".utf8)
        case .gif: bytes.last != 0x3B
        case .avif: Self.boxesAreCut(bytes)
        }
    }

    private static func hasEndOfImage(_ bytes: some RandomAccessCollection<UInt8>) -> Bool {
        var follower: UInt8 = 0
        for byte in bytes.reversed() {
            if byte == 0xFF, follower == 0xD9 { return true }
            follower = byte
        }
        return false
    }

    private static func littleEndian(_ bytes: some Collection<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    static func bigEndian(_ bytes: some Collection<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

    /// Boxes follow each other to the end (ISO 14496-12, section 4.2).
    private static func boxesAreCut(_ bytes: some RandomAccessCollection<UInt8>) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= 8 else { return true }
            var size = bigEndian(rest.prefix(4))
            if size == 0 { return false }
            if size == 1 {
                guard rest.count >= 16, rest[rest.index(rest.startIndex, offsetBy: 8)] < 0x80 else { return true }
                size = bigEndian(rest.dropFirst(8).prefix(8))
            }
            guard size >= 8, size <= rest.count else { return true }
            rest = rest.dropFirst(size)
        }
        return false
    }
}
