import Testing
import TrickleCore

@Suite struct PublicationStateTests {
    private func answer(_ status: Int, latest: SequenceNumber? = nil, retryAfter: Duration? = nil) -> AnswerHead {
        var head = AnswerHead(status: status)
        head.latest = latest
        head.retryAfter = retryAfter
        return head
    }

    @Test func itContinuesTheChannelsNumbering() {
        var state = PublicationState()
        #expect(state.open() == .create)
        #expect(state.answered(answer(200), now: .zero, jitter: 0) == .requestNumber)
        #expect(!state.isOpen)
        #expect(state.answered(answer(200, latest: 17), now: .zero, jitter: 0) == .ready)
        #expect(state.isOpen)
        #expect(state.takeNumber() == 17)
        #expect(state.takeNumber() == 18)
        #expect(state.lastTaken == 18)
    }

    @Test func aRelayThatTellsTheNumberAtOnceIsNotAskedForIt() {
        var state = PublicationState()
        _ = state.open()
        #expect(state.answered(answer(200, latest: 17), now: .zero, jitter: 0) == .ready)
        #expect(state.takeNumber() == 17)
    }

    @Test(arguments: [400, 404, 405, 501])
    func aServerWithoutANextRouteTellsTheNumberInARefusal(status: Int) {
        var state = PublicationState()
        _ = state.open()
        _ = state.answered(answer(200), now: .zero, jitter: 0)
        #expect(state.answered(answer(status), now: .zero, jitter: 0) == .requestFarNumber)
        #expect(state.answered(answer(470, latest: 12), now: .zero, jitter: 0) == .ready)
        #expect(state.takeNumber() == 12)
    }

    @Test(arguments: [nil, 400, 404])
    func aServerThatTellsNoNumberAtAllBeginsAtZero(status: Int?) {
        var state = PublicationState()
        _ = state.open()
        _ = state.answered(answer(200), now: .zero, jitter: 0)
        _ = state.answered(answer(404), now: .zero, jitter: 0)
        let action =
            status.map { state.answered(answer($0), now: .zero, jitter: 0) }
            ?? state.failed(.silent, now: .zero, jitter: 0)
        #expect(action == .ready)
        #expect(state.takeNumber() == 0)
    }

    @Test func theLargestNumberIsTheLast() {
        var state = PublicationState()
        _ = state.open()
        _ = state.answered(answer(200), now: .zero, jitter: 0)
        _ = state.answered(answer(200, latest: .max), now: .zero, jitter: 0)
        #expect(state.takeNumber() == .max)
        #expect(state.takeNumber() == nil)
    }

    @Test(arguments: [
        (404, PublicationState.Failure.channelNotFound), (403, .refused(status: 403)), (503, .busy),
        (302, .refused(status: 302)),
    ])
    func aRefusedCreationIsFinal(status: Int, failure: PublicationState.Failure) {
        var state = PublicationState()
        _ = state.open()
        #expect(state.answered(answer(status), now: .zero, jitter: 0) == .fail(failure))
    }

    @Test func aChannelOfAnotherIsLeftAtOnce() {
        var state = PublicationState(patience: .seconds(15))
        _ = state.open()
        var taken = answer(409)
        taken.take(name: "lp-trickle-owner", value: "12")
        #expect(taken.ownedFor == .seconds(12))
        #expect(state.answered(taken, now: .zero, jitter: 0) == .fail(.refused(status: 409)))
    }

    @Test func anOwnerThatHasGoneIsWaitedFor() {
        var state = PublicationState(patience: .seconds(15))
        _ = state.open()
        guard case .wait = state.answered(answer(409), now: .zero, jitter: 0) else {
            Issue.record("it does not wait")
            return
        }
        #expect(state.waited() == .create)
        #expect(state.answered(answer(409), now: .seconds(8), jitter: 0) == .fail(.refused(status: 409)))
    }

    @Test func aSegmentOfAChannelThatWasTakenIsNotLookedFor() {
        for progress in [SegmentPublicationState.Progress.nothingSent, .underWay, .endSent] {
            var state = SegmentPublicationState(resumes: true)
            _ = state.start()
            var taken = answer(409)
            taken.ownedFor = .zero
            let action = state.answered(taken, progress: progress, now: .zero, jitter: 0)
            #expect(action == .fail(.refused(status: 409)))
        }
    }

    @Test func aPatientOneWaitsForTheRelay() {
        var state = PublicationState(patience: .seconds(5))
        _ = state.open()
        #expect(state.failed(.broken, now: .zero, jitter: 1) == .wait(.milliseconds(50)))
        #expect(state.waited() == .create)
        #expect(state.answered(answer(503, retryAfter: .seconds(1)), now: .seconds(1), jitter: 1) == .wait(.seconds(1)))
        #expect(state.failed(.broken, now: .seconds(5), jitter: 1) == .fail(.unreachable))
    }

    @Test func aRelayThatIsNotThereAtAllIsNotWaitedFor() {
        var state = PublicationState(patience: .seconds(5))
        _ = state.open()
        #expect(state.failed(.unreachable, now: .zero, jitter: 1) == .fail(.unreachable))
    }

    @Test func aRelayThatHasAnsweredIsWaitedFor() {
        var state = PublicationState(patience: .seconds(5))
        _ = state.open()
        _ = state.answered(answer(200), now: .zero, jitter: 0)
        #expect(state.failed(.unreachable, now: .zero, jitter: 1) == .wait(.zero))
        #expect(state.waited() == .requestNumber)
    }
}

@Suite struct SegmentPublicationStateTests {
    private func answer(_ status: Int, isClosed: Bool = false) -> AnswerHead {
        var head = AnswerHead(status: status)
        head.isChannelClosed = isClosed
        return head
    }

    private func posting() -> SegmentPublicationState {
        var state = SegmentPublicationState(patience: .seconds(5))
        #expect(state.start() == .post(from: 0))
        return state
    }

    @Test func anAnswerAfterTheEndIsTheAcknowledgement() {
        var state = posting()
        #expect(state.answered(answer(200), progress: .endSent, now: .zero, jitter: 0) == .acknowledge)
    }

    @Test(arguments: [SegmentPublicationState.Progress.nothingSent, .underWay])
    func anAnswerBeforeTheEndMeansThatSomebodyEndedTheSegment(progress: SegmentPublicationState.Progress) {
        var state = posting()
        #expect(state.answered(answer(200), progress: progress, now: .zero, jitter: 0) == .fail(.endedElsewhere))
    }

    @Test(arguments: [SegmentPublicationState.Progress.nothingSent, .underWay, .endSent])
    func theEndOfTheChannelIsFinal(progress: SegmentPublicationState.Progress) {
        var state = posting()
        let action = state.answered(answer(200, isClosed: true), progress: progress, now: .zero, jitter: 0)
        #expect(action == .fail(.channelClosed))
    }

    @Test func aRequestThatBreaksBeforeItsFirstByteIsMadeAgain() {
        var state = posting()
        #expect(state.failed(.broken, progress: .nothingSent, now: .zero, jitter: 1) == .wait(.milliseconds(50)))
        #expect(state.waited() == .post(from: 0))
    }

    @Test(arguments: [SegmentPublicationState.Progress.underWay, .endSent])
    func aRequestThatBreaksLaterIsNot(progress: SegmentPublicationState.Progress) {
        var state = posting()
        #expect(state.failed(.broken, progress: progress, now: .zero, jitter: 1) == .fail(.lost(status: nil)))
    }

    @Test func patienceEnds() {
        var state = posting()
        _ = state.failed(.unreachable, progress: .nothingSent, now: .zero, jitter: 1)
        _ = state.waited()
        let action = state.failed(.unreachable, progress: .nothingSent, now: .seconds(5), jitter: 1)
        #expect(action == .fail(.unreachable))
    }

    @Test func aChannelThatTheRelayForgotIsCreatedAgain() {
        var state = posting()
        #expect(state.answered(answer(404), progress: .nothingSent, now: .zero, jitter: 0) == .createChannel)
        #expect(state.channelCreated() == .post(from: 0))
    }

    @Test func aChannelThatCannotBeCreatedAgainIsNotTriedForEver() {
        var state = posting()
        _ = state.answered(answer(404), progress: .nothingSent, now: .zero, jitter: 0)
        #expect(state.answered(answer(404), progress: .nothingSent, now: .zero, jitter: 0) == .fail(.channelNotFound))
    }

    @Test func aRefusalIsFinal() {
        var state = posting()
        let action = state.answered(answer(409), progress: .underWay, now: .zero, jitter: 0)
        #expect(action == .fail(.refused(status: 409)))
    }
}

@Suite struct SegmentResumptionTests {
    private func head(_ state: AnswerHead.SegmentState?, size: Int? = nil, status: Int = 200) -> AnswerHead {
        var head = AnswerHead(status: status)
        head.segmentState = state
        head.size = size
        return head
    }

    /// A segment whose connection broke with bytes under way.
    private func locating() -> SegmentPublicationState {
        var state = SegmentPublicationState(patience: .seconds(5), resumes: true)
        #expect(state.start() == .post(from: 0))
        #expect(state.failed(.broken, progress: .underWay, now: .zero, jitter: 1) == .locate)
        return state
    }

    @Test func itGoesOnAtOnceAtTheByteWhereTheRelayIs() {
        var state = locating()
        #expect(state.located(head(.open, size: 700), byteCount: nil, now: .zero, jitter: 1) == .post(from: 700))
        #expect(state.answered(head(nil), progress: .endSent, now: .zero, jitter: 1) == .acknowledge)
    }

    @Test func breaksWithProgressNeverUseThePatienceUp() {
        var state = locating()
        for round in 1...100 {
            let now = Duration.seconds(round)
            let size = round * 10
            #expect(state.located(head(.open, size: size), byteCount: nil, now: now, jitter: 1) == .post(from: size))
            #expect(state.failed(.broken, progress: .underWay, now: now, jitter: 1) == .locate)
        }
    }

    @Test func breaksWithoutProgressBackOffUntilPatienceEnds() {
        var state = locating()
        #expect(state.located(head(.open, size: 700), byteCount: nil, now: .zero, jitter: 1) == .post(from: 700))
        var waits: [Duration] = []
        for round in 0..<3 {
            #expect(state.failed(.broken, progress: .underWay, now: .seconds(round), jitter: 1) == .locate)
            let action = state.located(head(.open, size: 700), byteCount: nil, now: .seconds(round), jitter: 1)
            guard case .wait(let wait) = action else {
                Issue.record("\(action)")
                return
            }
            waits.append(wait)
            #expect(state.waited() == .post(from: 700))
        }
        #expect(waits == [.zero, .milliseconds(50), .milliseconds(100)])
        #expect(state.failed(.broken, progress: .underWay, now: .seconds(5), jitter: 1) == .locate)
        let end = state.located(head(.open, size: 700), byteCount: nil, now: .seconds(5), jitter: 1)
        #expect(end == .fail(.broken))
    }

    @Test func aSegmentThatIsWholeOnTheRelayIsAcknowledgedThoughItsAnswerWasLost() {
        var state = locating()
        #expect(state.located(head(.complete, size: 900), byteCount: 900, now: .zero, jitter: 1) == .acknowledge)
    }

    @Test(arguments: [nil, 901])
    func aSegmentThatEndedShortOfItsBytesWasEndedBySomebodyElse(byteCount: Int?) {
        var state = locating()
        let action = state.located(head(.complete, size: 900), byteCount: byteCount, now: .zero, jitter: 1)
        #expect(action == .fail(.endedElsewhere))
    }

    @Test(arguments: [AnswerHead.SegmentState.aborted, .waiting])
    func aSegmentThatTheRelayDoesNotHaveOpenBeginsAgain(segmentState: AnswerHead.SegmentState) {
        var state = locating()
        _ = state.located(head(.open, size: 700), byteCount: nil, now: .zero, jitter: 1)
        _ = state.failed(.broken, progress: .underWay, now: .zero, jitter: 1)
        let action = state.located(head(segmentState, size: 700), byteCount: nil, now: .zero, jitter: 1)
        #expect(action == .post(from: 0))
    }

    @Test func aRelayThatForgotTheChannelGetsItAgainAndTheSegmentFromItsStart() {
        var state = locating()
        #expect(state.located(head(nil, status: 404), byteCount: nil, now: .zero, jitter: 1) == .createChannel)
        #expect(state.channelCreated() == .post(from: 0))
    }

    @Test func anOffsetBeyondWhatTheRelayHasIsCorrected() {
        var state = locating()
        _ = state.located(head(.open, size: 700), byteCount: nil, now: .zero, jitter: 1)
        let conflict = head(nil, size: 300, status: 409)
        let action = state.answered(conflict, progress: .nothingSent, now: .zero, jitter: 1)
        #expect(action == .post(from: 300))
    }

    @Test func aRequestThatItsOwnRepetitionPushedAsideTakesTheSegmentBack() {
        var state = SegmentPublicationState(resumes: true)
        _ = state.start()
        let action = state.answered(head(nil, status: 409), progress: .underWay, now: .zero, jitter: 1)
        #expect(action == .locate)
    }

    @Test func aChannelThatAnotherOwnsIsWaitedForAndThenRefused() {
        var state = SegmentPublicationState(patience: .seconds(60), resumes: true)
        _ = state.start()
        let conflict = head(nil, status: 409)
        let first = state.answered(conflict, progress: .nothingSent, now: .zero, jitter: 1)
        #expect(first == .wait(.milliseconds(50)))
        #expect(state.waited() == .post(from: 0))
        let last = state.answered(conflict, progress: .nothingSent, now: .seconds(8), jitter: 1)
        #expect(last == .fail(.refused(status: 409)))
    }

    @Test func aRelayThatIsAwayIsAskedAgain() {
        var state = locating()
        #expect(state.failed(.unreachable, progress: .nothingSent, now: .zero, jitter: 1) == .wait(.milliseconds(50)))
        #expect(state.waited() == .locate)
        #expect(
            state.located(head(nil, status: 503), byteCount: nil, now: .zero, jitter: 1) == .wait(.milliseconds(100)))
        #expect(state.waited() == .locate)
    }
}
