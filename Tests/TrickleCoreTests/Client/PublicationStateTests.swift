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

    @Test(arguments: [400, 404, 405, 501])
    func aServerWithoutANextRouteBeginsAtZero(status: Int) {
        var state = PublicationState()
        _ = state.open()
        _ = state.answered(answer(200), now: .zero, jitter: 0)
        #expect(state.answered(answer(status), now: .zero, jitter: 0) == .ready)
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

    @Test func aPatientOneWaitsForTheRelay() {
        var state = PublicationState(patience: .seconds(5))
        _ = state.open()
        #expect(state.failed(.unreachable, now: .zero, jitter: 1) == .wait(.milliseconds(50)))
        #expect(state.waited() == .create)
        #expect(state.answered(answer(503, retryAfter: .seconds(1)), now: .seconds(1), jitter: 1) == .wait(.seconds(1)))
        #expect(state.failed(.unreachable, now: .seconds(5), jitter: 1) == .fail(.unreachable))
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
        #expect(state.start() == .post)
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
        #expect(state.waited() == .post)
    }

    @Test(arguments: [SegmentPublicationState.Progress.underWay, .endSent])
    func aRequestThatBreaksLaterIsNot(progress: SegmentPublicationState.Progress) {
        var state = posting()
        #expect(state.failed(.broken, progress: progress, now: .zero, jitter: 1) == .fail(.broken))
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
        #expect(state.channelCreated() == .post)
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
