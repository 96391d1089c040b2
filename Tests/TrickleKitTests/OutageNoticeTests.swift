import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleKit

/// A relay that goes away is told once, and once that it is back.
@Suite struct OutageNoticeTests {
    private let lines = LogLines()
    private let away = TrickleError(.relayUnreachable, "no relay answers")
    private let broken = TrickleError(.connectionLost, "the connection broke")

    private var notice: OutageNotice {
        OutageNotice(relay: try! RelayURL("http://host"), logger: lines.logger)
    }

    @Test func `whoever was never answered has been told elsewhere`() {
        let notice = notice
        notice.failed(away)
        notice.failed(away)
        #expect(lines.all.isEmpty)
    }

    @Test func `a connection that is replaced at once is nothing to speak of`() {
        let notice = notice
        for _ in 0..<3 {
            notice.answered()
            notice.failed(broken)
        }
        #expect(lines.all.isEmpty)
    }

    @Test(arguments: [false, true])
    func `a relay that is away is told once, and once that it is back`(isHanging: Bool) {
        let notice = notice
        notice.answered()
        notice.failed(broken)
        for _ in 0..<3 { notice.failed(isHanging ? broken : away) }
        #expect(lines.all == ["the relay at http://host does not answer any more: tries again"])
        notice.answered()
        notice.answered()
        #expect(lines.all.dropFirst() == ["the relay at http://host answers again"])
    }
}
