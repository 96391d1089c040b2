import Testing
import TrickleCore

@Suite struct ChangefeedStateTests {
    private let a = try! ChannelName("a")
    private let b = try! ChannelName("b")
    private let c = try! ChannelName("c")

    @Test func theListComesFirstAndTheFeedFromItsPosition() {
        var state = ChangefeedState()
        #expect(state.start() == .list)
        #expect(state.listed([b, a, .changefeed], next: 7) == .report(.init(added: [a, b])))
        #expect(state.reported() == .watch(.exact(7)))
        #expect(state.changed(.init(added: [c])) == .report(.init(added: [c])))
        #expect(state.reported() == .readOn)
    }

    @Test func aFeedThatBreaksIsFoundAgainByTheList() {
        var state = ChangefeedState()
        #expect(!state.hasList)
        _ = state.listed([a], next: 7)
        #expect(state.hasList)
        _ = state.reported()
        #expect(state.feedBroke(jitter: 0) == .wait(.milliseconds(25)))
        #expect(state.waited() == .list)
        // Another relay by now, whose feed is younger.
        #expect(state.listed([b], next: 1) == .report(.init(added: [b], removed: [a])))
        #expect(state.reported() == .watch(.exact(1)))
        // One whose feed breaks again and again is not asked in a tight loop.
        #expect(state.feedBroke(jitter: 0) == .wait(.milliseconds(50)))
        _ = state.listed([b], next: 1)
        _ = state.reported()
        _ = state.changed(.init(added: [c]))
        #expect(state.feedBroke(jitter: 0) == .wait(.milliseconds(25)))
    }

    @Test func anEmptyListIsToldToo() {
        var state = ChangefeedState()
        #expect(state.listed([], next: 0) == .report(.init()))
    }

    @Test func whatIsKnownAlreadyIsNotToldTwice() {
        var state = ChangefeedState()
        _ = state.listed([a], next: 1)
        _ = state.reported()
        #expect(state.changed(.init(added: [a, .changefeed])) == .readOn)
        #expect(state.changed(.init(removed: [b])) == .readOn)
        #expect(state.changed(.init(removed: [a])) == .report(.init(removed: [a])))
    }

    @Test func afterALossTheDifferenceIsTold() {
        var state = ChangefeedState()
        _ = state.listed([a, b], next: 1)
        _ = state.reported()
        #expect(state.lostPlace() == .list)
        #expect(state.listed([b, c], next: 50) == .report(.init(added: [c], removed: [a])))
        #expect(state.reported() == .watch(.exact(50)))
    }

    @Test func aLossWithoutADifferenceIsSilent() {
        var state = ChangefeedState()
        _ = state.listed([a], next: 1)
        _ = state.reported()
        _ = state.lostPlace()
        #expect(state.listed([a], next: 9) == .watch(.exact(9)))
    }

    @Test(arguments: [400, 404, 405, 470])
    func aServerWithoutAListIsWatched(status: Int) {
        var state = ChangefeedState()
        #expect(state.refused(status: status, now: .zero, jitter: 0) == .watch(.next))
        #expect(state.lostPlace() == .readOn)
    }

    @Test func aRelayThatWasThereIsGivenTimeToComeBack() {
        var state = ChangefeedState(patience: .seconds(5))
        #expect(state.failed(.unreachable, now: .zero, jitter: 1) == .fail(.unreachable))
        _ = state.listed([a], next: 1)
        _ = state.lostPlace()
        #expect(state.failed(.broken, now: .zero, jitter: 1) == .wait(.zero))
        #expect(state.waited() == .list)
    }
}
