import PictureFormats
import Testing

struct PictureFormatTests {
    static let webp: [UInt8] = Array("RIFF".utf8) + [10, 0, 0, 0] + Array("WEBPVP8 ".utf8) + [0, 0]
    static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3, 0xFF, 0xD9]
    static let png: [UInt8] =
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + [1, 2] + Array("IEND".utf8) + [0xAE, 0x42, 0x60, 0x82]
    static let gif: [UInt8] = Array("GIF89a".utf8) + [1, 2, 3, 4, 5, 6, 0x3B]
    static let avif: [UInt8] =
        [0, 0, 0, 16] + Array("ftypavif".utf8) + [0, 0, 0, 0] + [0, 0, 0, 9] + Array("mdat".utf8) + [1]

    static let pictures: [(PictureFormat, [UInt8])] = [
        (.webp, webp), (.jpeg, jpeg), (.png, png), (.gif, gif), (.avif, avif),
    ]

    @Test(arguments: pictures) func `a picture's first bytes tell its format, and its structure its end`(
        format: PictureFormat, bytes: [UInt8]
    ) {
        #expect(PictureFormat(beginning: bytes) == format)
        #expect(PictureFormat(beginning: bytes.prefix(12)) == format)
        #expect(!format.isCut(bytes))
        for count in min(12, bytes.count - 1)..<bytes.count where !(format == .avif && count == 16) {
            #expect(format.isCut(bytes.prefix(count)), "\(count) of \(bytes.count) bytes")
        }
    }

    @Test func `a box may say its size in 64 bits, or go on to the end`() {
        let long: [UInt8] = [0, 0, 0, 1] + Array("mdat".utf8) + [0, 0, 0, 0, 0, 0, 0, 18, 1, 2]
        #expect(!PictureFormat.avif.isCut(long))
        #expect(PictureFormat.avif.isCut(long.dropLast()))
        #expect(PictureFormat.avif.isCut(long.prefix(8) + [0xFF, 0, 0, 0, 0, 0, 0, 18, 1, 2]))
        #expect(!PictureFormat.avif.isCut([0, 0, 0, 0] + Array("mdat".utf8) + [1, 2, 3]))
    }

    @Test(arguments: ["", "RIFF", "RIFFxxxxWAVE", "<svg xmlns", "hello, world"])
    func `what is no picture has no format`(
        text: String
    ) {
        #expect(PictureFormat(beginning: Array(text.utf8)) == nil)
    }
}
