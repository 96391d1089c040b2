import Testing

@testable import Publishing

@Suite struct SourceRotationTests {
    /// What happens when each source fails at once: whose turn it is, and the wait before it.
    private func turns(_ rotation: inout SourceRotation, count: Int, from start: Duration = .zero) -> [(Int, Duration)]
    {
        var now = start
        return (0..<count).map { _ in
            rotation.opened(now: now)
            let wait = rotation.ended(now: now, jitter: 1)
            now += wait
            return (rotation.current, wait)
        }
    }

    @Test func `sources take turns, and a whole turn in vain is followed by a wait that grows up to a cap`() {
        var rotation = SourceRotation(count: 3, longestWait: .seconds(2))
        let turns = turns(&rotation, count: 12)
        #expect(turns.map(\.0) == [1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
        let waits = turns.map { $0.1 / .milliseconds(1) }
        #expect(waits == [0, 0, 500, 0, 0, 1000, 0, 0, 2000, 0, 0, 2000])
    }

    @Test func `a single source is tried again after a wait`() {
        var rotation = SourceRotation(count: 1, longestWait: .seconds(15))
        let turns = turns(&rotation, count: 3)
        #expect(turns.map(\.0) == [0, 0, 0])
        #expect(turns.map { $0.1 / .milliseconds(1) } == [500, 1000, 2000])
    }

    @Test
    func `the end of a source that was sound is a new trouble: the next is there at once, and the waits are small`() {
        var rotation = SourceRotation(count: 2, longestWait: .seconds(15))
        _ = turns(&rotation, count: 5)
        #expect(rotation.current == 1)
        rotation.opened(now: .seconds(100))
        rotation.worked(now: .seconds(100))
        rotation.worked(now: .seconds(100) + SourceRotation.soundAfter)
        #expect(rotation.ended(now: .seconds(120), jitter: 1) == .zero)
        #expect(rotation.current == 0)
        #expect(turns(&rotation, count: 1, from: .seconds(120)).map { $0.1 / .milliseconds(1) } == [500])
    }

    @Test func `sources that work for a moment and fail do not follow one another without a wait`() {
        var rotation = SourceRotation(count: 2, longestWait: .seconds(15))
        var waits: [Double] = []
        for second in 0..<6 {
            rotation.opened(now: .seconds(second))
            rotation.worked(now: .seconds(second) + .milliseconds(900))
            waits.append(rotation.ended(now: .seconds(second + 1), jitter: 1) / .milliseconds(1))
        }
        #expect(waits == [0, 500, 0, 1000, 0, 2000])
    }

    @Test func `a source that worked long ago and has been silent since is judged by how long it worked`() {
        var rotation = SourceRotation(count: 1, longestWait: .seconds(15))
        _ = turns(&rotation, count: 4)
        rotation.opened(now: .seconds(50))
        rotation.worked(now: .seconds(51))
        #expect(rotation.ended(now: .seconds(500), jitter: 1) == .seconds(8))
    }

    @Test func `a source that is back has its turn, and after it the others in their order, without a wait`() {
        var rotation = SourceRotation(count: 3, longestWait: .seconds(15))
        _ = turns(&rotation, count: 5)
        rotation.return(to: 0)
        #expect(rotation.current == 0)
        let turns = turns(&rotation, count: 3)
        #expect(turns.map(\.0) == [1, 2, 0])
        #expect(turns.map { $0.1 / .milliseconds(1) } == [0, 0, 500])
    }
}
