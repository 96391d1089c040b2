import Testing

@testable import TrickleCore

@Suite struct WholeChunkTests {
    private func chunk(_ text: String) -> WholeChunk? {
        Array(text.utf8).withUnsafeBytes { WholeChunk($0) }
    }

    @Test(arguments: [
        ("5\r\nhello\r\n", 3..<8), ("5\r\nhello\r\n0\r\n\r\n", 3..<8), ("0005\r\nhello\r\nmore", 6..<11),
        ("a\r\n0123456789\r\n", 3..<13), ("A\r\n0123456789\r\n", 3..<13), ("2\r\n\r\n\r\n", 3..<5),
    ])
    func `a chunk that is all there is found`(text: String, data: Range<Int>) throws {
        let found = try #require(chunk(text))
        #expect(found.data == data)
        #expect(found.byteCount == data.upperBound + 2)
    }

    @Test(arguments: [
        "0\r\n\r\n", "000\r\n\r\n", "\r\n", "g\r\n\r\n", "-1\r\n1\r\n", "+5\r\nhello\r\n", " 5\r\nhello\r\n",
        "5 \r\nhello\r\n",
        "5;name=value\r\nhello\r\n", "5\nhello\r\n", "5\r\nhello\n\n", "5\r\nhelloo\r\n", "0x5\r\nhello\r\n",
        "00000005\r\nhello\r\n", "ffffffffffffffff\r\nhello\r\n", "fffffff\r\nhello\r\n",
    ])
    func `anything else is left to the parser`(text: String) {
        #expect(chunk(text) == nil)
    }

    @Test func `a part of a chunk is none`() {
        let whole = Array("10\r\n0123456789abcdef\r\n".utf8)
        for count in 0..<whole.count { #expect(whole.prefix(count).withUnsafeBytes { WholeChunk($0) } == nil) }
        #expect(whole.withUnsafeBytes { WholeChunk($0) } != nil)
    }
}
