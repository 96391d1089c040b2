import Testing
import TrickleCore

@Suite struct ByteRangeTests {
    @Test(arguments: [
        ("bytes=5-", ByteRange.from(5)), ("bytes=5-9", .between(5, 9)), ("bytes=-5", .suffix(5)),
        ("Bytes=0-9007199254740991", .between(0, ByteRange.endless)),
    ])
    func formsAreRead(field: String, range: ByteRange) {
        #expect(ByteRange(field) == range)
    }

    @Test(arguments: [
        "", "bytes=", "bytes=-", "bytes=9-5", "bytes=1-2,3-4", "items=0-1", "bytes=a-b", "bytes=1-x", "5-",
    ])
    func whatIsNoSingleRangeIsIgnored(field: String) {
        #expect(ByteRange(field) == nil)
    }

    @Test func anOpenSegmentStreamsToItsEndWhenAskedEndlessly() {
        let endless = ByteRange.between(4, ByteRange.endless)
        #expect(endless.selection(of: 10, isOpen: true) == .stream(from: 4))
        #expect(endless.selection(of: 3, isOpen: true) == .unsatisfiable)
        #expect(endless.selection(of: 10, isOpen: false) == .bytes(4..<10))
        #expect(endless.selection(of: 4, isOpen: false) == .unsatisfiable)
    }

    @Test func whatIsThereIsGiven() {
        #expect(ByteRange.from(4).selection(of: 10, isOpen: true) == .bytes(4..<10))
        #expect(ByteRange.between(4, 6).selection(of: 10, isOpen: false) == .bytes(4..<7))
        #expect(ByteRange.between(4, 60).selection(of: 10, isOpen: true) == .bytes(4..<10))
        #expect(ByteRange.suffix(3).selection(of: 10, isOpen: false) == .bytes(7..<10))
        #expect(ByteRange.suffix(30).selection(of: 10, isOpen: false) == .bytes(0..<10))
        #expect(ByteRange.suffix(0).selection(of: 10, isOpen: false) == .unsatisfiable)
        #expect(ByteRange.from(10).selection(of: 10, isOpen: false) == .unsatisfiable)
    }

    @Test(arguments: [ByteRange.from(4), .between(4, 4), .between(4, 9), .between(4, ByteRange.endless)])
    func whereAnOpenSegmentEndsTheNextByteDecides(range: ByteRange) {
        #expect(range.selection(of: 4, isOpen: true) == .edge)
        #expect(range.selection(of: 3, isOpen: true) == .unsatisfiable)
        #expect(range.selection(of: 4, isOpen: false) == .unsatisfiable)
    }
}
