import Testing
import TrickleCore

@Suite struct PreconnectPaceTests {
    @Test func theFirstSegmentShowsHowLongTheyAre() {
        var pace = PreconnectPace()
        let first = pace.began(now: .zero)
        #expect(first == nil)
        pace.ended(now: .seconds(25))
        let second = pace.began(now: .seconds(25))
        #expect(second == .seconds(20))
        pace.ended(now: .seconds(55))
        let third = pace.began(now: .seconds(55))
        #expect(third == .seconds(25))
    }

    @Test func theRequestAfterAShortOneGoesOutAtOnce() {
        var pace = PreconnectPace()
        _ = pace.began(now: .zero)
        pace.ended(now: .seconds(2))
        let second = pace.began(now: .seconds(2))
        #expect(second == .zero)
    }

    @Test func aSegmentThatBreaksOffInItsMiddleIsOneLoss() {
        var losses = SegmentLosses()
        for _ in 0..<100 {
            let goesOn = losses.lost(after: .seconds(40))
            #expect(goesOn)
        }
        #expect(losses.count == 100)
    }

    @Test func aServerThatBreaksEachOffAtItsBeginningTakesNothing() {
        var losses = SegmentLosses()
        var goesOn: [Bool] = []
        for _ in 0..<4 { goesOn.append(losses.lost(after: .zero)) }
        losses.acknowledged()
        for _ in 0..<5 { goesOn.append(losses.lost(after: .zero)) }
        #expect(goesOn == Array(repeating: true, count: 8) + [false])
    }

    @Test(arguments: [408, 429, 500, 503])
    func anAnswerInTheMiddleOfASegmentLosesThatOneOnly(status: Int) {
        for progress in [SegmentPublicationState.Progress.underWay, .endSent] {
            var state = SegmentPublicationState()
            _ = state.start()
            let action = state.answered(AnswerHead(status: status), progress: progress, now: .zero, jitter: 0)
            #expect(action == .fail(.lost(status: status)))
        }
    }
}
