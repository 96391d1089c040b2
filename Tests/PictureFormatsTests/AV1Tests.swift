import PictureFormats
import Testing
import TrickleTesting

/// Keyframes of AV1 in IVF, which come out as AVIF.
@Suite struct AV1Tests {
    /// As libaom writes it for 320 × 180, in its OBU.
    private static let sequenceHeader: [UInt8] = [0x0A, 6, 0x00, 0x00, 0x00, 0x0C, 0xC4, 0xFF]
    private static let delimiter: [UInt8] = [0x12, 0x00]

    private static func head(_ width: Int, _ height: Int) -> [UInt8] {
        let numbers = [0, 32, 0x5641, 0x3130, width, height] as [Int]
        return Array("DKIF".utf8) + numbers.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            + [UInt8](repeating: 0, count: 16)
    }

    private static func frame(_ unit: [UInt8]) -> [UInt8] {
        [UInt8(unit.count & 0xFF), UInt8(unit.count >> 8)] + [UInt8](repeating: 0, count: 10) + unit
    }

    /// A frame's OBU with a size of two bytes.
    private static func picture(_ filling: UInt8) -> [UInt8] {
        [0x32, 0xAC, 0x02] + [UInt8](repeating: filling, count: 300)
    }

    private func split(_ pieces: [[UInt8]], limit: Int = 1 << 16) throws -> [[UInt8]] {
        var splitter = PictureSplitter(.av1, limit: limit)
        var pictures: [[UInt8]] = []
        for piece in pieces { try splitter.receive(piece) { pictures.append($0) } }
        try splitter.finish()
        return pictures
    }

    /// The box of that name, wherever it is, with its content.
    private func box(_ name: String, in bytes: [UInt8]) -> ArraySlice<UInt8>? {
        guard let place = bytes.firstRange(of: Array(name.utf8))?.lowerBound, place >= 4 else { return nil }
        let size = bytes[place - 4..<place].reduce(0) { $0 << 8 | Int($1) }
        return bytes[place + 4..<place - 4 + size]
    }

    @Test func `each keyframe becomes a file, however the stream is cut`() throws {
        let units = (1...3 as ClosedRange<UInt8>).map { Self.sequenceHeader + Self.picture($0) }
        let stream = Self.head(320, 180) + units.flatMap { Self.frame(Self.delimiter + $0) }
        let files = try split([stream])
        #expect(files.count == 3)
        for (file, unit) in zip(files, units) {
            #expect(PictureFormat(beginning: file) == .avif && !PictureFormat.avif.isCut(file))
            let data = try #require(box("mdat", in: file))
            #expect(Array(data) == unit)
            let location = try #require(box("iloc", in: file))
            let numbers = [location.suffix(8).prefix(4), location.suffix(4)].map { $0.reduce(0) { $0 << 8 | Int($1) } }
            #expect(numbers == [data.startIndex, unit.count])
            #expect(box("ispe", in: file).map(Array.init) == [0, 0, 0, 0, 0, 0, 1, 64, 0, 0, 0, 180])
            #expect(box("av1C", in: file).map(Array.init) == [0x81, 0x01, 0x0C, 0x00])
        }
        #expect(try split(stream.map { [$0] }) == files)
        for size in [5, 31, 33, 100] {
            let pieces = stride(from: 0, to: stream.count, by: size).map {
                Array(stream[$0..<min($0 + size, stream.count)])
            }
            #expect(try split(pieces) == files)
        }
    }

    @Test func `a high level has its tier`() throws {
        let header: [UInt8] = [0x0A, 6, 0x00, 0x00, 0x00, 0x4C, 0xC4, 0xFF]
        let file = try #require(try split([Self.head(3840, 2160) + Self.frame(header + Self.picture(1))]).first)
        #expect(box("av1C", in: file).map(Array.init) == [0x81, 0x09, 0x8C, 0x00])
    }

    @Test(
        arguments: [
            // No sequence header; one that tells times; an OBU without a size; one that is longer than its unit; a size without an end.
            picture(1), [0x0A, 6, 0x04, 0, 0, 0, 0, 0] + picture(1), [0x08, 0x00], sequenceHeader + [0x32, 0x05, 0x00],
            sequenceHeader + [0x32, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], sequenceHeader + [0x32], [0x8A, 0x00], [0x0A, 0x00],
        ] as [[UInt8]])
    func `what is no such keyframe is an error`(unit: [UInt8]) {
        #expect(throws: PictureStreamError.unexpected) { try split([Self.head(320, 180) + Self.frame(unit)]) }
    }

    @Test func `what is not IVF, too large or cut is an error`() throws {
        #expect(throws: PictureStreamError.unexpected) { try split([Array("DKIX".utf8)]) }
        let stream = Self.head(320, 180) + Self.frame(Self.sequenceHeader + Self.picture(1))
        #expect(throws: PictureStreamError.tooLarge(limit: 300)) { try split([stream], limit: 300) }
        for count in [1, 31, 33, stream.count - 1] {
            #expect(throws: PictureStreamError.cut) { try split([Array(stream.prefix(count))]) }
        }
        #expect(try split([Self.head(320, 180)]) == [])
    }
}
