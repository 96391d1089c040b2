import Testing

@testable import TrickleCore

@Suite struct SegmentReadStateTests {
    /// A segment of which three bytes have come.
    private func reading(tag: String? = "\"a\"", features: RelayFeatures = .range, length: Int? = nil)
        -> SegmentReadState
    {
        var head = AnswerHead(status: 200)
        head.features = features
        head.entityTag = tag
        head.contentLength = length
        var state = SegmentReadState(head, patience: .seconds(10))
        state.received(3)
        return state
    }

    private func partial(from start: Int, tag: String = "\"a\"") -> AnswerHead {
        var head = AnswerHead(status: 206)
        head.rangeStart = start
        head.entityTag = tag
        return head
    }

    @Test func aBrokenSegmentIsAskedForFromItsNextByteAtOnce() {
        var state = reading()
        #expect(state.failed(.broken, now: .zero, jitter: 0) == .request(from: 3))
        #expect(state.answered(partial(from: 3), now: .zero, jitter: 0) == .read)
        #expect(state.ended(abortedBy: nil) == .finish)
    }

    @Test func breaksWithProgressInBetweenAreNotWaitedFor() {
        var state = reading()
        for count in 4...100 {
            #expect(state.failed(.broken, now: .seconds(count), jitter: 0) == .request(from: count - 1))
            #expect(state.answered(partial(from: count - 1), now: .seconds(count), jitter: 0) == .read)
            state.received(1)
        }
    }

    @Test func aReaderMayGoOnElsewhereAndAtTheEndToo() {
        var state = reading()
        #expect(state.skipped(to: 100, now: .zero) == .request(from: 100))
        #expect(state.answered(partial(from: 100), now: .zero, jitter: 0) == .read)
        state.received(5)
        #expect(state.failed(.broken, now: .zero, jitter: 0) == .request(from: 105))
        #expect(state.answered(partial(from: 105), now: .zero, jitter: 0) == .read)
        #expect(state.ended(abortedBy: nil) == .finish)
        #expect(state.skipped(to: 7, now: .zero) == .request(from: 7))
    }

    @Test func withoutRangesNobodySkips() {
        var state = reading(features: [])
        #expect(state.skipped(to: 100, now: .zero) == nil)
        #expect(state.received == 3)
        #expect(state.ended(abortedBy: nil) == .finish)
    }

    @Test func withoutProgressThePatienceComesToAnEnd() {
        var state = reading()
        var now = Duration.zero
        var action = state.failed(.unreachable, now: now, jitter: 0.5)
        #expect(action == .request(from: 3))
        while action != .fail {
            if case .wait(let time) = action {
                now += time
                #expect(state.waited(now: now) == .request(from: 3))
            }
            action = state.failed(.unreachable, now: now, jitter: 0.5)
        }
        #expect(now == .seconds(10))
    }

    @Test func aRelayWithoutRangesOrTagsCannotGoOn() {
        var plain = reading(features: [])
        #expect(!plain.resumes)
        #expect(plain.failed(.broken, now: .zero, jitter: 0) == .cut(.init(cause: .broken, missing: nil)))
        var untagged = reading(tag: nil, length: 10)
        #expect(untagged.failed(.broken, now: .zero, jitter: 0) == .cut(.init(cause: .broken, missing: 7)))
    }

    @Test func onlyTheSameSegmentGoesOn() {
        for head in [partial(from: 2), partial(from: 4), partial(from: 3, tag: "\"b\""), AnswerHead(status: 200)] {
            var state = reading()
            _ = state.failed(.broken, now: .zero, jitter: 0)
            let action = state.answered(head, now: .zero, jitter: 0)
            #expect(action == .cut(.init(cause: .replaced, missing: nil)))
        }
    }

    @Test func aRangeBehindTheLastByteTellsHowTheSegmentEnded() {
        var head = AnswerHead(status: 416)
        head.rangeTotal = 3
        var state = reading()
        _ = state.failed(.broken, now: .zero, jitter: 0)
        #expect(state.answered(head, now: .zero, jitter: 0) == .finish)
        head.abortedBy = "publisher"
        state = reading()
        _ = state.failed(.broken, now: .zero, jitter: 0)
        #expect(state.answered(head, now: .zero, jitter: 0) == .abort(by: "publisher"))
    }

    @Test func aQuietRelayIsAskedAgainWithoutLimit() {
        var state = reading()
        var now = Duration.zero
        #expect(state.failed(.silent, now: now, jitter: 0) == .request(from: 3))
        for _ in 0..<100 {
            now += .seconds(5)
            #expect(state.answered(AnswerHead(status: 204), now: now, jitter: 0) == .request(from: 3))
        }
        guard case .wait = state.answered(AnswerHead(status: 204), now: now, jitter: 0) else {
            Issue.record("a relay that says at once that there is nothing is asked in a tight loop")
            return
        }
    }

    @Test func aBusyRelayIsGivenTheTimeItAsksFor() {
        var busy = AnswerHead(status: 503)
        busy.retryAfter = .seconds(1)
        var state = reading()
        _ = state.failed(.broken, now: .zero, jitter: 0)
        #expect(state.answered(busy, now: .zero, jitter: 0) == .wait(.seconds(1)))
    }
}
