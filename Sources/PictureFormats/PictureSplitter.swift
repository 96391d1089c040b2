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
    }

    private enum Scan: Sendable {
        case webp
        case jpeg(JPEGScan)
    }

    private let structure: Structure
    private let limit: Int
    /// The picture that has begun.
    private var picture: [UInt8] = []
    private var scan: Scan

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
            emit(picture)
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
        }
    }

    /// How many bytes the picture has that has begun; nil while its end is not there.
    private mutating func end() throws(PictureStreamError) -> Int? {
        switch scan {
        case .webp: return try webpEnd()
        case .jpeg(var jpeg):
            let end = try jpeg.end(in: picture)
            scan = .jpeg(jpeg)
            return end
        }
    }

    private func webpEnd() throws(PictureStreamError) -> Int? {
        guard picture.prefix(4).elementsEqual("RIFF".utf8.prefix(picture.count)) else { throw .unexpected }
        guard picture.count >= 12 else { return nil }
        guard picture[8..<12].elementsEqual("WEBP".utf8) else { throw .unexpected }
        // The size does not count its own eight bytes.
        let size = picture[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
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
