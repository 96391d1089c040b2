import NIOCore
import Testing

@testable import TrickleRelay

@Suite struct EncodedPieceTests {
    @Test func aPieceIsOneChunkOfTheChunkedCoding() {
        let piece = EncodedPiece(payload: Array(repeating: UInt8(ascii: "x"), count: 26))
        #expect(String(buffer: piece.chunk) == "1a\r\n" + String(repeating: "x", count: 26) + "\r\n")
        #expect(piece.byteCount == 26)
        #expect(String(buffer: piece.payload) == String(repeating: "x", count: 26))
    }

    @Test func droppingLeavesThePayloadsEnd() {
        let piece = EncodedPiece(payload: Array("hello".utf8)).part(2..<5)
        #expect(String(buffer: piece.chunk) == "3\r\nllo\r\n")
    }

    @Test func comparesPartsOfPayloads() {
        let one = EncodedPiece(payload: Array("abcdef".utf8))
        let other = EncodedPiece(payload: Array("xxcdxx".utf8))
        #expect(one.hasSameBytes(from: 2, as: other, from: 2, count: 2))
        #expect(!one.hasSameBytes(from: 2, as: other, from: 2, count: 3))
    }
}

@Suite struct SegmentCursorTests {
    private static let pieces = ["abc", "d", "efgh"].map { EncodedPiece(payload: Array($0.utf8)) }

    private func read(_ cursor: SegmentCursor) -> String {
        var cursor = cursor
        var text = ""
        while let bytes = cursor.nextPayload(in: Self.pieces) { text += String(buffer: bytes) }
        return text
    }

    @Test(arguments: 0...8) func anyStartGivesTheRestOfThePayload(start: Int) {
        #expect(read(SegmentCursor(from: start, in: Self.pieces)) == String("abcdefgh".dropFirst(start)))
    }

    @Test(arguments: 0...8, 0...8) func aCountGivesThatManyBytes(start: Int, count: Int) {
        guard start + count <= 8 else { return }
        let cursor = SegmentCursor(from: start, count: count, in: Self.pieces)
        #expect(read(cursor) == String("abcdefgh".dropFirst(start).prefix(count)))
    }

    @Test func aPlaceBeyondWhatIsThereIsFoundWhenItHasCome() {
        var pieces = [EncodedPiece(payload: Array("abcd".utf8))]
        var cursor = SegmentCursor(from: 6, in: pieces)
        let early = cursor.nextPayload(in: pieces)
        #expect(early == nil)
        #expect(cursor.bytesLeft(of: 4) == 0)
        pieces += ["e", "fghi"].map { EncodedPiece(payload: Array($0.utf8)) }
        let bytes = cursor.nextPayload(in: pieces)
        #expect(bytes.map { String(buffer: $0) } == "ghi")
    }

    @Test(arguments: 0...9) func whatIsLeftIsWhatHasNotBeenTaken(start: Int) {
        let byteCount = Self.pieces.reduce(0) { $0 + $1.byteCount }
        var cursor = SegmentCursor(from: start, in: Self.pieces)
        var left = max(0, byteCount - start)
        #expect(cursor.bytesLeft(of: byteCount) == left)
        while let bytes = cursor.nextPayload(in: Self.pieces) {
            left -= bytes.readableBytes
            #expect(cursor.bytesLeft(of: byteCount) == left)
        }
        #expect(left == 0)
    }

    @Test func aPieceThatIsPassedAsAWholeIsTaken() {
        var cursor = SegmentCursor(in: Self.pieces)
        let byteCount = Self.pieces.reduce(0) { $0 + $1.byteCount }
        let passesSecond = cursor.passWhole(1, byteCount: Self.pieces[1].byteCount)
        let passesFirst = cursor.passWhole(0, byteCount: Self.pieces[0].byteCount)
        #expect(passesFirst && !passesSecond)
        #expect(cursor.bytesLeft(of: byteCount) == byteCount - Self.pieces[0].byteCount)
    }
}
