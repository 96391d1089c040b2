import Synchronization
import Testing
import TrickleTesting

@testable import TrickleGateway

/// How many get through a gate.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct GateTests {
    /// How many are inside at the moment, and were at most.
    private final class Room: Sendable {
        let counts = Mutex((now: 0, most: 0))

        func visit() async {
            counts.withLock { counts in
                counts.now += 1
                counts.most = max(counts.most, counts.now)
            }
            for _ in 0..<20 { await Task.yield() }
            counts.withLock { $0.now -= 1 }
        }
    }

    @Test func noMoreAreThroughAtOnceThanItIsWide() async throws {
        let gate = Gate(width: 3, maximumWaiting: 100)
        let room = Room()
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 { group.addTask { try await gate.pass { await room.visit() } } }
            try await group.waitForAll()
        }
        #expect(room.counts.withLock { $0.most } <= 3)
        #expect(room.counts.withLock { $0.now } == 0)
    }

    @Test func whoFindsNoPlaceToWaitIsTurnedAway() async throws {
        let gate = Gate(width: 1, maximumWaiting: 0)
        try await gate.pass {
            _ = await #expect(throws: Gate.Crowded.self) { try await gate.pass {} }
        }
        try await gate.pass {}
    }

    @Test func whoFailsMakesPlaceToo() async throws {
        let gate = Gate(width: 1, maximumWaiting: 0)
        struct Failure: Error {}
        await #expect(throws: Failure.self) { try await gate.pass { throw Failure() } }
        try await gate.pass {}
    }
}
