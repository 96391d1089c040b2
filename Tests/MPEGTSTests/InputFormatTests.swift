import MPEGTS
import Testing
import TrickleTesting

@Suite("Input that is not MPEG-TS")
struct InputFormatTests {
    private func refusal(of head: [UInt8], filling: Int, pieceSizes: [Int]? = nil) -> NotTransportStream? {
        let stream = head + TestPicture.noise(filling).map { $0 == 0x47 ? 0 : $0 }
        return #expect(throws: NotTransportStream.self) { try TSRecording(stream, pieceSizes: pieceSizes) }
    }

    @Test(
        "The error says what it looks like",
        arguments: [
            ([0, 0, 0, 32] + Array("ftypisom".utf8), .mp4), ([0x1A, 0x45, 0xDF, 0xA3], .matroska),
            (Array("FLV\u{1}\u{5}".utf8), .flv), (Array("OggS".utf8), .ogg), (Array("RIFF....WAVEfmt ".utf8), .wav),
            (Array("RIFF....AVI LIST".utf8), .avi), ([0xFF, 0xD8, 0xFF, 0xE0], .jpeg),
            ([0x89, 0x50, 0x4E, 0x47, 13, 10], .png), (Array("ID3\u{4}".utf8), .mp3), ([0xFF, 0xFB, 0x90, 0x64], .mp3),
            ([0xFF, 0xF1, 0x50, 0x80], .adts), ([0, 0, 1, 0xBA, 0x44], .programStream),
            ([0, 0, 0, 1, 0x67, 0x42], .elementaryStream), (Array("#EXTM3U\n".utf8), .playlist),
            (Array("HTTP/1.1 404 Not Found\r\n".utf8), .httpAnswer), ([0x1F, 0x8B, 8], .gzip),
        ] as [([UInt8], InputFormat)], [0, 5_000])
    func formats(format: ([UInt8], InputFormat), filling: Int) throws {
        let error = try #require(refusal(of: format.0, filling: filling))
        #expect(error.format == format.1)
        #expect(error.description.contains(format.1.rawValue))
        #expect(!error.description.contains("\n"))
        #expect(refusal(of: format.0, filling: filling, pieceSizes: [1])?.format == format.1)
    }

    @Test(
        "Documents are told apart",
        arguments: [
            ("<!DOCTYPE html><html>", .html), ("  <html lang=en>", .html), ("<?xml version=\"1.0\"?>", .xml),
            ("{\"added\":[]}", .json), ("Good morning, this is plain text.\n", .text), ("Grüße\n", .text),
        ] as [(String, InputFormat)])
    func documents(text: String, format: InputFormat) throws {
        let error = #expect(throws: NotTransportStream.self) { try TSRecording(Array(text.utf8)) }
        #expect(error?.format == format)
    }

    @Test("Nothing at all says that nothing came")
    func empty() {
        let error = #expect(throws: NotTransportStream.self) { try TSRecording([]) }
        #expect(error?.description.contains("empty") == true)
    }

    @Test("What is not known is refused after a megabyte, not looked through for ever")
    func unknown() throws {
        var segmenter = GOPSegmenter()
        let noise = TestPicture.noise(64 << 10).map { $0 == 0x47 ? 0x46 : $0 }
        var byteCount = 0
        let error = #expect(throws: NotTransportStream.self) {
            while byteCount < 8 << 20 {
                byteCount += noise.count
                try segmenter.receive(noise.span.bytes) { _ in }
            }
        }
        #expect(error?.format == nil)
        #expect(byteCount == GOPSegmenter.maximumSearchByteCount)
    }

    @Test(
        "A stream behind something else is refused, or found, at the same place in any pieces",
        arguments: [100, 4000, 5000])
    func streamBehindOther(size: Int) {
        let bytes = [0x1A, 0x45, 0xDF, 0xA3] + TestPicture.noise(size) + videoStream().bytes
        let whole = Result { try TSRecording(bytes).segments.count }
        let pieces = Result { try TSRecording(bytes, pieceSizes: [333]).segments.count }
        #expect("\(whole)" == "\(pieces)")
    }
}
