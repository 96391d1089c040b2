import Testing

@testable import TrickleCore

@Suite struct SubscriptionStateTests {
    private func answer(
        _ status: Int = 200, _ sequence: SequenceNumber? = nil, latest: SequenceNumber? = nil,
        features: RelayFeatures = [], isClosed: Bool = false, retryAfter: Duration? = nil
    ) -> AnswerHead {
        var head = AnswerHead(status: status)
        head.sequence = sequence
        head.latest = latest
        head.features = features
        head.isChannelClosed = isClosed
        head.retryAfter = retryAfter
        return head
    }

    /// A subscription that has just been handed segment 4.
    private func following5(policy: SubscriptionState.Policy = .init()) -> SubscriptionState {
        var state = SubscriptionState(from: .next, policy: policy)
        #expect(state.start(now: .zero) == .request(.next))
        let action = state.answered(answer(200, 4), now: .zero, jitter: 1)
        #expect(action == .deliver(.init(sequence: 4, following: 5)))
        return state
    }

    @Test func theNextNumberIsTheAnswersPlusOne() {
        var state = following5()
        #expect(state.waited(now: .zero) == .request(.exact(5)))
        #expect(state.answered(answer(200, 5), now: .zero, jitter: 1) == .deliver(.init(sequence: 5, following: 6)))
    }

    @Test func afterTheLargestNumberThereIsNone() {
        var state = SubscriptionState(from: .exact(.max))
        _ = state.start(now: .zero)
        #expect(state.answered(answer(200, .max), now: .zero, jitter: 1) == .deliver(.init(sequence: .max)))
    }

    @Test func theEndOfTheChannelIsTheEnd() {
        var state = following5()
        #expect(state.answered(answer(isClosed: true), now: .zero, jitter: 1) == .finish)
    }

    @Test func dataWithoutItsNumberIsNoAnswerOfARelay() {
        var state = following5()
        #expect(state.answered(answer(200), now: .zero, jitter: 1) == .fail(.sequenceMissing))
    }

    @Test func aJumpForwardIsASkip() {
        var state = following5()
        let skipped = SkippedSegments(first: 5, count: 3)
        let action = state.answered(answer(200, 8), now: .zero, jitter: 1)
        #expect(action == .deliver(.init(sequence: 8, skipped: skipped, following: 9)))
    }

    @Test func aJumpBackIsARestart() {
        var state = following5()
        let action = state.answered(answer(200, 0), now: .zero, jitter: 1)
        #expect(action == .deliver(.init(sequence: 0, isRestart: true, following: 1)))
    }

    @Test func fallingOutOfTheWindowRejoinsAtTheLiveEdgeAndSaysWhatWasSkipped() {
        var state = following5()
        #expect(state.answered(answer(470, 5, latest: 20), now: .zero, jitter: 1) == .request(.current))
        let action = state.answered(answer(200, 19), now: .zero, jitter: 1)
        #expect(action == .deliver(.init(sequence: 19, skipped: .init(first: 5, count: 14), following: 20)))
    }

    @Test func aRelayThatLostItsMemoryIsJoinedAnew() {
        var state = following5()
        #expect(state.answered(answer(470, 5, latest: 1), now: .zero, jitter: 1) == .request(.current))
        let action = state.answered(answer(200, 0), now: .zero, jitter: 1)
        #expect(action == .deliver(.init(sequence: 0, isRestart: true, following: 1)))
    }

    @Test func withFeaturesTheOldestKeptIsOneRequestAway() {
        var state = following5(policy: .init(rejoinsAtOldest: true))
        let action = state.answered(answer(470, latest: 20, features: .size), now: .zero, jitter: 1)
        guard case .request(.back(let count)) = action else {
            Issue.record("\(action)")
            return
        }
        #expect(count > 1_000_000)
    }

    @Test func withoutFeaturesTheOldestKeptIsLookedForNumberByNumber() {
        var state = following5(policy: .init(rejoinsAtOldest: true))
        #expect(state.answered(answer(470, latest: 40), now: .zero, jitter: 1) == .request(.exact(24)))
        #expect(state.answered(answer(470, latest: 40), now: .zero, jitter: 1) == .request(.exact(25)))
        let action = state.answered(answer(200, 25), now: .zero, jitter: 1)
        #expect(action == .deliver(.init(sequence: 25, skipped: .init(first: 5, count: 20), following: 26)))
    }

    @Test func aNumberThatIsStillToComeIsWaitedFor() {
        var state = SubscriptionState(from: .exact(9))
        _ = state.start(now: .zero)
        guard case .wait = state.answered(answer(470, latest: 3), now: .zero, jitter: 1) else {
            Issue.record("a number to come was not waited for")
            return
        }
        #expect(state.waited(now: .seconds(1)) == .request(.exact(9)))
    }

    @Test func aChannelThatIsNotThereIsWaitedForAsLongAsAsked() {
        var state = SubscriptionState(from: .exact(0), policy: .init(waitForChannel: .seconds(20)))
        _ = state.start(now: .zero)
        var now = Duration.zero
        while case .wait(let time) = state.answered(answer(404), now: now, jitter: 0.5) {
            #expect(time > .zero)
            now += time
            #expect(state.waited(now: now) == .request(.exact(0)))
        }
        #expect(now == .seconds(20))
    }

    @Test func aChannelThatIsNotThereIsAnErrorWhereNobodyWaits() {
        var state = SubscriptionState(from: .next)
        _ = state.start(now: .zero)
        #expect(state.answered(answer(404), now: .zero, jitter: 1) == .fail(.channelNotFound))
    }

    @Test func aRelayThatIsNotThereAtTheBeginningIsAnErrorAtOnce() {
        var state = SubscriptionState(from: .next)
        _ = state.start(now: .zero)
        #expect(state.failed(.unreachable, now: .zero, jitter: 1) == .fail(.unreachable))
    }

    @Test func aRelayThatWasThereIsGivenTimeToComeBackWithItsChannels() {
        var state = following5(policy: .init(patience: .seconds(10)))
        guard case .wait(let first) = state.failed(.broken, now: .seconds(1), jitter: 0) else {
            Issue.record("a broken connection was final")
            return
        }
        #expect(first <= .milliseconds(50))
        _ = state.waited(now: .seconds(2))
        guard case .wait = state.answered(answer(404), now: .seconds(3), jitter: 0) else {
            Issue.record("the relay's publishers were not waited for")
            return
        }
        #expect(state.waited(now: .seconds(4)) == .request(.exact(5)))
        #expect(state.answered(answer(404), now: .seconds(11), jitter: 0) == .finish)
        #expect(state.lastBeforeSilentEnd == 4)
    }

    @Test func whatCannotGetBetterIsNotTriedAgain() {
        var state = following5()
        #expect(state.failed(.permanent, now: .zero, jitter: 1) == .fail(.unreachable))
    }

    @Test func aBusyRelayIsAskedAgainWhenItSaid() {
        var state = following5()
        let action = state.answered(answer(503, retryAfter: .seconds(1)), now: .zero, jitter: 1)
        #expect(action == .wait(.seconds(1)))
    }

    @Test func aRefusalIsFinal() {
        var state = following5()
        #expect(state.answered(answer(403), now: .zero, jitter: 1) == .fail(.refused(status: 403)))
    }

    @Test func aWaitThatTheRelayEndedIsRenewedAtOnceUnlessItWasNone() {
        var state = following5()
        _ = state.waited(now: .zero)
        #expect(state.answered(answer(204), now: .seconds(20), jitter: 1) == .request(.exact(5)))
        guard case .wait = state.answered(answer(204), now: .seconds(20), jitter: 1) else {
            Issue.record("a relay that does not wait is asked in a tight loop")
            return
        }
    }

    @Test func aPositionFromTheEndBecomesANumberWhereTheServerKnowsNoOther() {
        var state = SubscriptionState(from: .back(2))
        #expect(state.start(now: .zero) == .requestNumber)
        #expect(state.answered(answer(200, latest: 10), now: .zero, jitter: 1) == .request(.exact(7)))
        // It is no longer kept: the one after it was not missed, because it was not asked for.
        #expect(state.answered(answer(470, latest: 10), now: .zero, jitter: 1) == .request(.exact(8)))
        #expect(state.answered(answer(200, 8), now: .zero, jitter: 1) == .deliver(.init(sequence: 8, following: 9)))
    }

    @Test func aPositionFromTheEndStaysOneWhereTheServerHasFeatures() {
        var state = SubscriptionState(from: .back(2))
        _ = state.start(now: .zero)
        let action = state.answered(answer(200, latest: 10, features: .range), now: .zero, jitter: 1)
        #expect(action == .request(.back(2)))
    }

    /// A subscription that had segment 4 when its relay went away.
    private func lost() -> SubscriptionState {
        var state = following5()
        _ = state.waited(now: .zero)
        #expect(state.failed(.broken, now: .zero, jitter: 1) == .wait(.zero))
        #expect(state.waited(now: .zero) == .request(.exact(5)))
        return state
    }

    @Test func whatWasHandedOnIsNotHandedOnAgainByARelayThatLostItsMemory() {
        for repeated in [4, 3, 2] as [SequenceNumber] {
            var state = lost()
            #expect(state.answered(answer(470, latest: 0), now: .zero, jitter: 1) == .request(.current))
            guard case .wait = state.answered(answer(200, repeated), now: .zero, jitter: 1) else {
                Issue.record("segment \(repeated) was handed on again")
                return
            }
            #expect(state.waited(now: .seconds(1)) == .request(.exact(5)))
            // As long as the publisher is behind what was read.
            guard case .wait = state.answered(answer(470, latest: 4), now: .seconds(1), jitter: 1) else {
                Issue.record("the place was given up")
                return
            }
            #expect(state.waited(now: .seconds(2)) == .request(.exact(5)))
            let action = state.answered(answer(200, 5), now: .seconds(2), jitter: 1)
            #expect(action == .deliver(.init(sequence: 5, following: 6)))
        }
    }

    @Test func aChannelThatBeginsAnewOnARelayThatLostItsMemoryIsRead() {
        var state = lost()
        #expect(state.answered(answer(470, latest: 0), now: .zero, jitter: 1) == .request(.current))
        let action = state.answered(answer(200, 0), now: .zero, jitter: 1)
        #expect(action == .deliver(.init(sequence: 0, isRestart: true, following: 1)))
    }

    @Test func aSilentRelayIsAskedForItsNextNumberBeforeItIsGivenUp() {
        var state = SubscriptionState(from: .next)
        #expect(state.start(now: .zero) == .request(.next))
        #expect(state.failed(.silent, now: .seconds(10), jitter: 1) == .requestNumber)
        #expect(state.features == nil)
        #expect(state.answered(answer(404), now: .seconds(10), jitter: 1) == .request(.next))
        #expect(state.features == [])
    }

    @Test func theNumberThatWasWaitedForAtTheEdgeIsNotMissed() {
        var state = SubscriptionState(from: .next)
        _ = state.start(now: .zero)
        #expect(state.answered(answer(204, 7), now: .seconds(5), jitter: 1) == .request(.exact(7)))
    }

    @Test(arguments: [(false, 19 as SequenceNumber), (true, 5)])
    func aChannelThatWasClosedMeanwhileIsReadToItsEndByNumber(rejoinsAtOldest: Bool, number: SequenceNumber) {
        var state = following5(policy: .init(rejoinsAtOldest: rejoinsAtOldest))
        guard case .request = state.answered(answer(470, latest: 20, features: .size), now: .zero, jitter: 1) else {
            Issue.record("the place is not looked for")
            return
        }
        #expect(state.answered(answer(404), now: .zero, jitter: 1) == .request(.exact(number)))
        #expect(state.answered(answer(404), now: .zero, jitter: 1) == .finish)
        #expect(state.lastBeforeSilentEnd == 4)
    }

    /// A subscription that has read segment 7 of a server that announces nothing.
    private func joined(waitForChannel: Duration = .seconds(30)) -> SubscriptionState {
        var state = SubscriptionState(from: .next, policy: .init(waitForChannel: waitForChannel))
        _ = state.start(now: .zero)
        var head = AnswerHead(status: 200)
        head.sequence = 7
        _ = state.answered(head, now: .zero, jitter: 0)
        _ = state.waited(now: .zero)
        return state
    }

    @Test func aChannelThatIsForgottenAfterItWasReadHasEnded() {
        var state = joined()
        #expect(state.answered(AnswerHead(status: 404), now: .seconds(1), jitter: 0) == .finish)
        #expect(state.lastBeforeSilentEnd == 7)
    }

    @Test func aRelayThatWasAwayIsGivenTimeToHaveItsChannelsAgain() {
        var state = joined()
        _ = state.failed(.broken, now: .seconds(1), jitter: 0)
        _ = state.waited(now: .seconds(1))
        guard case .wait = state.answered(AnswerHead(status: 404), now: .seconds(2), jitter: 0) else {
            Issue.record("it does not wait")
            return
        }
        _ = state.waited(now: .seconds(60))
        #expect(state.answered(AnswerHead(status: 404), now: .seconds(60), jitter: 0) == .finish)
    }

    @Test func aReadOfAServerWithoutSignsOfLifeIsMadeAgain() {
        var state = joined()
        for minute in 0..<100 {
            #expect(state.failed(.silent, now: .seconds(60 * minute), jitter: 0) == .request(.exact(8)))
        }
    }

    @Test func aServerWithoutANextRouteTellsWhereThreeSegmentsBackIs() {
        var state = SubscriptionState(from: .back(3), policy: .init())
        #expect(state.start(now: .zero) == .requestNumber)
        #expect(state.answered(AnswerHead(status: 404), now: .zero, jitter: 0) == .request(.exact(.farAhead)))
        var head = AnswerHead(status: 470)
        head.latest = 20
        #expect(state.answered(head, now: .zero, jitter: 0) == .request(.exact(16)))
    }
}
