import Testing
import TrickleCore

@Suite struct AnswerHeadTests {
    private func head(_ fields: [(String, String)]) -> AnswerHead {
        var head = AnswerHead(status: 200)
        for (name, value) in fields { head.take(name: name, value: value) }
        return head
    }

    @Test func namesDoNotDependOnCase() {
        let head = head([("lp-trickle-SEQ", "7"), ("LP-TRICKLE-LATEST", "9"), ("content-TYPE", "video/MP2T")])
        #expect(head.sequence == 7)
        #expect(head.latest == 9)
        #expect(head.contentType == "video/MP2T")
    }

    @Test(arguments: ["-1", "", "1.5", "9007199254740992", "0x10"])
    func aNumberThatBreaksItsRuleCountsAsAbsent(value: String) {
        let head = head([("Lp-Trickle-Seq", value), ("Lp-Trickle-Size", value), ("Retry-After", value)])
        #expect(head.sequence == nil)
        #expect(head.size == nil)
        #expect(head.retryAfter == nil)
    }

    @Test func theEndOfTheChannelAndOfASegmentAreTold() {
        #expect(head([("Lp-Trickle-Closed", "terminated")]).isChannelClosed)
        #expect(head([("Lp-Trickle-Aborted", "publisher")]).abortedBy == "publisher")
        #expect(!head([]).isChannelClosed)
    }

    @Test func featuresAreReadAndUnknownOnesPassedOver() {
        let head = head([("Lp-Trickle-Features", "resume, size,teleport , wait")])
        #expect(head.features == [.resume, .size, .wait])
    }
}
