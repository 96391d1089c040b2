import NIOHPACK
import Testing

@testable import TrickleRelay

@Suite struct HTTP2BodyLengthTests {
    private func length(_ values: String...) -> HTTP2BodyLength? {
        HTTP2BodyLength(HPACKHeaders(values.map { ("content-length", $0) }))
    }

    /// Whether a body of the length may come in these parts, each with what follows it: more, or the end.
    private func takes(_ values: [String], _ parts: [(Int, isEnd: Bool)]) -> Bool {
        guard var length = HTTP2BodyLength(HPACKHeaders(values.map { ("content-length", $0) })) else { return false }
        return parts.allSatisfy { length.takes($0.0, isEnd: $0.isEnd) }
    }

    @Test func `a body is as long as its request says`() {
        #expect(takes(["5", "5"], [(3, false), (2, false), (0, true)]))
        #expect(takes(["5"], [(5, true)]))
        #expect(!takes(["5"], [(6, false)]))
        #expect(!takes(["5"], [(4, true)]))
        #expect(!takes(["5"], [(0, true)]))
        #expect(takes([], [(1 << 40, false), (1, true)]))
    }

    @Test(arguments: ["", "-1", "+1", "1, 1", "0x1", "99999999999999999999"])
    func `what is no length is none`(_ value: String) {
        #expect(length(value) == nil)
    }

    @Test func `two lengths are none`() { #expect(length("5", "6") == nil) }
}
