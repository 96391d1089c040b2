import PictureFormats
import Testing
import TrickleTesting

@Suite struct PictureSplitterTests {
    private static func webp(_ byteCount: Int, _ filling: UInt8) -> [UInt8] {
        let size = 4 + byteCount
        return Array("RIFF".utf8) + (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + Array("WEBP".utf8)
            + [UInt8](repeating: filling, count: byteCount)
    }

    /// A picture with all that looks like an end and is none: a thumbnail in a segment, stuffed bytes, restarts, fill bytes, two scans.
    private static func jpeg(_ filling: UInt8) -> [UInt8] {
        let thumbnail: [UInt8] = [0xFF, 0xD8, 0xFF, 0xD9]
        let application: [UInt8] = [0xFF, 0xE1, 0x00, UInt8(2 + thumbnail.count)] + thumbnail
        let scan: [UInt8] =
            [0xFF, 0xDA, 0x00, 0x03, 0x01, filling, 0xFF, 0x00, 0xD9, 0xFF, 0xD0, filling, 0xFF, 0xD7, 0x12]
        return [0xFF, 0xD8] + application + [0xFF, 0xFF, 0xFE, 0x00, 0x02] + scan + [0xFF, 0xC4, 0x00, 0x03, filling]
            + scan + [0xFF, 0xFF, 0xFF, 0xD9]
    }

    private static let streams: [(PictureSplitter.Structure, [[UInt8]])] = [
        (.webp, [webp(30, 1), webp(0, 0), webp(2, 0xFF), webp(70_000, 3)]),
        (.jpeg, [jpeg(1), jpeg(0), jpeg(0x80), [0xFF, 0xD8, 0xFF, 0xD9]]),
    ]

    private func split(
        _ pieces: [[UInt8]], _ structure: PictureSplitter.Structure, limit: Int = 1 << 20
    ) throws -> [[UInt8]] {
        var splitter = PictureSplitter(structure, limit: limit)
        var pictures: [[UInt8]] = []
        for piece in pieces { try splitter.receive(piece) { pictures.append($0) } }
        try splitter.finish()
        return pictures
    }

    @Test(arguments: streams)
    func `pictures come out as they went in, however the stream is cut`(
        structure: PictureSplitter.Structure, pictures: [[UInt8]]
    ) throws {
        let stream = pictures.flatMap { $0 }
        #expect(try split([stream], structure) == pictures)
        let small = pictures.filter { $0.count < 1000 }
        #expect(try split(small.flatMap { $0 }.map { [$0] }, structure) == small)
        var numbers = SeededNumbers(seed: 7)
        for _ in 0..<50 {
            var rest = stream[...]
            var pieces: [[UInt8]] = []
            while !rest.isEmpty {
                let longest = [3, 40, 50_000].randomElement(using: &numbers) ?? 1
                let piece = rest.prefix(Int.random(in: 1...longest, using: &numbers))
                pieces.append(Array(piece))
                rest = rest.dropFirst(piece.count)
            }
            #expect(try split(pieces, structure) == pictures)
        }
    }

    @Test(arguments: streams)
    func `a stream that ends within a picture says so`(
        structure: PictureSplitter.Structure, pictures: [[UInt8]]
    ) throws {
        let picture = try #require(pictures.first)
        for count in 1..<picture.count {
            #expect(throws: PictureStreamError.cut) { try split([Array(picture.prefix(count))], structure) }
        }
        #expect(try split([], structure) == [])
    }

    @Test(arguments: streams)
    func `a picture of the limit is taken, and a larger one is an error`(
        structure: PictureSplitter.Structure, pictures: [[UInt8]]
    ) throws {
        let picture = try #require(pictures.first)
        #expect(try split([picture], structure, limit: picture.count) == [picture])
        let limit = picture.count - 1
        #expect(throws: PictureStreamError.tooLarge(limit: limit)) { try split([picture], structure, limit: limit) }
        #expect(throws: PictureStreamError.tooLarge(limit: limit)) {
            try split(picture.map { [$0] }, structure, limit: limit)
        }
    }

    @Test func `what its header says is too large is refused before it comes`() throws {
        var splitter = PictureSplitter(.webp, limit: 100)
        #expect(throws: PictureStreamError.tooLarge(limit: 100)) {
            try splitter.receive(Array(Self.webp(1000, 1).prefix(12))) { _ in }
        }
    }

    @Test(arguments: [
        (PictureSplitter.Structure.webp, "RIFX"), (.webp, "RIFF\u{4}\0\0\0WAVE"), (.webp, "RIFF\u{3}\0\0\0WEBP"),
        (.jpeg, "x"),
        (.webp, "\u{7}"),
    ])
    func `what is no picture is an error`(structure: PictureSplitter.Structure, text: String) {
        #expect(throws: PictureStreamError.unexpected) { try split([Array(text.utf8)], structure) }
        #expect(throws: PictureStreamError.unexpected) { try split(text.utf8.map { [$0] }, structure) }
    }

    @Test(
        arguments: [
            [0xFF, 0xD9], [0xFF, 0xFF, 0xD8], [0xFF, 0xD8, 0x00], [0xFF, 0xD8, 0xFF, 0x00],
            [0xFF, 0xD8, 0xFF, 0xE0, 0, 1],
        ] as [[UInt8]])
    func `a JPEG whose markers are wrong is an error`(bytes: [UInt8]) {
        #expect(throws: PictureStreamError.unexpected) { try split([bytes], .jpeg) }
    }

    @Test(arguments: streams)
    func `bytes between pictures are an error, and those before are whole`(
        structure: PictureSplitter.Structure, pictures: [[UInt8]]
    ) throws {
        var splitter = PictureSplitter(structure, limit: 1 << 20)
        var whole: [[UInt8]] = []
        #expect(throws: PictureStreamError.unexpected) {
            try splitter.receive(pictures[0] + [0x00, 0x0A]) { whole.append($0) }
        }
        #expect(whole == [pictures[0]])
    }
}
