import Testing

@testable import AccessControl

/// When the keys of a URL are fetched.
struct KeyRefreshStateTests {
    private let start = ContinuousClock.now
    private let keys = try! TokenKeySet(file: Array(repeating: 0x61, count: 32), name: "", algorithm: nil)

    private func state(keysAt seconds: Int...) -> KeyRefreshState {
        var state = KeyRefreshState()
        for second in seconds {
            state.began(now: start + .seconds(second))
            state.ended(keys, now: start + .seconds(second))
        }
        return state
    }

    private func need(_ state: KeyRefreshState, isKeyUnknown: Bool = false, at seconds: Int) -> KeyRefreshState.Need {
        state.need(isKeyUnknown: isKeyUnknown, now: start + .seconds(seconds))
    }

    @Test func theFirstKeysAreWaitedFor() {
        var state = KeyRefreshState()
        #expect(need(state, at: 0) == .now)
        state.began(now: start)
        state.ended(nil, now: start + .seconds(1))
        #expect(state.keys == nil)
        #expect(need(state, isKeyUnknown: true, at: 9) == .none)
        #expect(need(state, at: 10) == .now)
    }

    @Test func keysAreFetchedAgainWhenTheyAreOld() {
        let state = state(keysAt: 0)
        #expect(need(state, at: 299) == .none)
        #expect(need(state, at: 300) == .soon)
        #expect(need(state, at: 599) == .soon)
        #expect(need(state, at: 600) == .now)
    }

    @Test func anUnknownKeyHasThemFetchedOnceInTenSeconds() {
        let state = state(keysAt: 0)
        #expect(need(state, isKeyUnknown: true, at: 9) == .none)
        #expect(need(state, isKeyUnknown: true, at: 10) == .now)
        #expect(need(self.state(keysAt: 0, 10), isKeyUnknown: true, at: 19) == .none)
    }

    @Test func whereNoNewOnesComeNobodyWaitsForThem() {
        var state = state(keysAt: 0)
        state.began(now: start + .seconds(700))
        state.ended(nil, now: start + .seconds(705))
        #expect(state.keys != nil)
        #expect(need(state, at: 709) == .none)
        #expect(need(state, at: 710) == .soon)
        #expect(need(state, isKeyUnknown: true, at: 710) == .now)
        state.began(now: start + .seconds(710))
        state.ended(keys, now: start + .seconds(711))
        #expect(need(state, at: 1010) == .none)
        #expect(need(state, at: 1011) == .soon)
    }
}
