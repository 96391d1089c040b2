import Testing

@testable import TrickleCore

@Suite struct BackoffTests {
    @Test func theWaitDoublesUpToTheCap() {
        var backoff = Backoff(initial: .milliseconds(100), cap: .milliseconds(500))
        let waits = (0..<5).map { _ in backoff.next(jitter: 1) }
        #expect(waits == [100, 200, 400, 500, 500].map { .milliseconds($0) })
    }

    @Test func jitterTakesOffAtMostHalf() {
        var backoff = Backoff(initial: .milliseconds(100), cap: .seconds(1))
        #expect(backoff.next(jitter: 0) == .milliseconds(50))
        #expect(backoff.next(jitter: 0.5) == .milliseconds(150))
    }

    @Test func successMakesTheNextWaitShortAgain() {
        var backoff = Backoff(initial: .milliseconds(100), cap: .seconds(1))
        _ = backoff.next(jitter: 1)
        _ = backoff.next(jitter: 1)
        backoff.reset()
        #expect(backoff.next(jitter: 1) == .milliseconds(100))
    }

    @Test func anOutageEndsAtItsLimit() {
        var outage = Outage()
        #expect(outage.wait(now: .seconds(10), limit: .seconds(2), jitter: 1) == .milliseconds(50))
        #expect(outage.wait(now: .seconds(11), limit: .seconds(2), jitter: 1, atLeast: .seconds(5)) == .seconds(1))
        #expect(outage.wait(now: .seconds(12), limit: .seconds(2), jitter: 1) == nil)
    }

    @Test func anOutageThatEndedIsForgotten() {
        var outage = Outage()
        _ = outage.wait(now: .seconds(0), limit: .seconds(2), jitter: 1)
        outage.end()
        #expect(outage.wait(now: .seconds(100), limit: .seconds(2), jitter: 1) == .zero)
    }
}
