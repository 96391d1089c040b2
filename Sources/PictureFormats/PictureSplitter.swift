/// Finds whole pictures in a stream of bytes in which they follow one another, such as ffmpeg's `image2pipe` writes.
///
/// A WebP ends where its RIFF header says; a JPEG at the marker EOI that belongs to no segment of it. Bytes between pictures are an error.
/// It holds at most one picture, as far as it has come.
public struct PictureSplitter: Sendable {
    /// What a stream of pictures can be cut by.
    public enum Structure: Sendable {
        /// RIFF (Google's WebP container specification).
        case webp
        /// Markers (ITU-T T.81, annex B).
        case jpeg
        /// Keyframes of AV1 in IVF, the format of libvpx and libaom. They come out as AVIF, which itself cannot be written to a pipe.
        case av1
    }

    private enum Scan: Sendable {
        case webp
        case jpeg(JPEGScan)
        case ivf
    }

    private let structure: Structure
    private let limit: Int
    /// The picture that has begun.
    private var picture: [UInt8] = []
    private var scan: Scan
    /// What the head of an IVF file says; nil before it has come.
    private var size: (width: Int, height: Int)?

    /// - Parameters:
    ///   - structure: What the pictures are.
    ///   - limit: The most bytes that one may have.
    public init(_ structure: Structure, limit: Int) {
        self.structure = structure
        self.limit = limit
        scan = Self.start(of: structure)
    }

    /// Takes the next bytes.
    ///
    /// - Parameter emit: Gets each picture whose end they bring.
    /// - Throws: ``PictureStreamError``; nothing is taken after that.
    public mutating func receive(_ bytes: [UInt8], _ emit: ([UInt8]) -> Void) throws(PictureStreamError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let known = picture.count
            picture += rest
            guard let end = try end() else {
                if picture.count > limit { throw .tooLarge(limit: limit) }
                return
            }
            if end > limit { throw .tooLarge(limit: limit) }
            picture.removeSubrange(end...)
            if let whole = try whole(picture) { emit(whole) }
            picture = []
            scan = Self.start(of: structure)
            rest = rest.dropFirst(end - known)
        }
    }

    /// The stream has ended.
    ///
    /// - Throws: ``PictureStreamError/cut`` where it ended within a picture.
    public func finish() throws(PictureStreamError) {
        if !picture.isEmpty { throw .cut }
    }

    private static func start(of structure: Structure) -> Scan {
        switch structure {
        case .webp: .webp
        case .jpeg: .jpeg(JPEGScan())
        case .av1: .ivf
        }
    }

    /// The picture that is made of its bytes; nil for what is none.
    private mutating func whole(_ bytes: [UInt8]) throws(PictureStreamError) -> [UInt8]? {
        guard structure == .av1 else { return bytes }
        guard let size else {
            size = (Self.littleEndian(bytes[12..<14]), Self.littleEndian(bytes[14..<16]))
            return nil
        }
        return try AVIFPicture(temporalUnit: bytes[Self.ivfFrameHead...], width: size.width, height: size.height).bytes
    }

    /// The head of a file and of each frame have 32 and 12 bytes, the latter with the frame's size in front.
    private static let (ivfHead, ivfFrameHead) = (32, 12)

    private func ivfEnd() throws(PictureStreamError) -> Int? {
        if size == nil {
            guard picture.prefix(4).elementsEqual("DKIF".utf8.prefix(picture.count)) else { throw .unexpected }
            return picture.count >= Self.ivfHead ? Self.ivfHead : nil
        }
        guard picture.count >= Self.ivfFrameHead else { return nil }
        let end = Self.ivfFrameHead + Self.littleEndian(picture[..<4])
        if end > limit { throw .tooLarge(limit: limit) }
        return picture.count >= end ? end : nil
    }

    private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// How many bytes the picture has that has begun; nil while its end is not there.
    private mutating func end() throws(PictureStreamError) -> Int? {
        switch scan {
        case .webp: return try webpEnd()
        case .jpeg(var jpeg):
            let end = try jpeg.end(in: picture)
            scan = .jpeg(jpeg)
            return end
        case .ivf: return try ivfEnd()
        }
    }

    private func webpEnd() throws(PictureStreamError) -> Int? {
        guard picture.prefix(4).elementsEqual("RIFF".utf8.prefix(picture.count)) else { throw .unexpected }
        guard picture.count >= 12 else { return nil }
        guard picture[8..<12].elementsEqual("WEBP".utf8) else { throw .unexpected }
        // The size does not count its own eight bytes.
        let size = Self.littleEndian(picture[4..<8])
        if 8 + size > limit { throw .tooLarge(limit: limit) }
        // The form's own four bytes are the least.
        guard size >= 4 else { throw .unexpected }
        return picture.count >= 8 + size ? 8 + size : nil
    }
}

/// Why a stream of bytes is no stream of pictures.
public enum PictureStreamError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Something else stands where a picture, or a part of it, has to begin.
    case unexpected
    /// A picture has more bytes than it may have.
    case tooLarge(limit: Int)
    /// The stream ended within a picture.
    case cut

    public var description: String {
        switch self {
        case .unexpected: "the stream of pictures has something else between them"
        case .tooLarge(let limit): "a picture is larger than \(limit) bytes"
        case .cut: "the stream of pictures ends within one"
        }
    }
}
