import Testing
import TrickleCore

@Suite struct SegmentPositionTests {
    @Test(arguments: [
        ("0", SegmentPosition.exact(0)), ("17", .exact(17)), ("-1", .next), ("-2", .current), ("-3", .back(1)),
        ("9007199254740991", .exact(.max)),
    ])
    func readsAndWritesTheWireForm(text: String, position: SegmentPosition) {
        #expect(SegmentPosition(text) == position)
        #expect(position.description == text)
    }

    @Test(arguments: [
        "", "-", "-0", "+1", " 1", "1 ", "1.0", "a", "--1", "9007199254740992", "99999999999999999999", "٣",
    ])
    func refusesEverythingElse(text: String) {
        #expect(SegmentPosition(text) == nil)
    }
}
