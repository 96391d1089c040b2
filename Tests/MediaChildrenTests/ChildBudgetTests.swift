import ChildProcesses
import Logging
import Synchronization
import Testing
import TrickleTesting

@testable import MediaChildren

/// How places for children are taken and given back.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct ChildBudgetTests {
    private let budget = ChildBudget(total: 2) { _ in
        ChildShare(maximum: 1, maximumWaiting: 2, option: "--max-children")
    }

    private func count(of purpose: ChildPurpose) -> ChildCount { budget.counts.first { $0.purpose == purpose }! }

    @Test func `a place that nobody holds any more is free`() async throws {
        var permit: ChildPermit? = try budget.permitNow(for: .picture)
        #expect(throws: ChildRefusal.self) { try budget.permitNow(for: .picture) }
        permit?.giveBack()
        #expect(count(of: .picture).running == 0)
        permit = nil
        #expect(count(of: .picture).running == 0)
        permit = try budget.permitNow(for: .picture)
        #expect(permit?.purpose == .picture && count(of: .picture).running == 1)
        permit = nil
        #expect(count(of: .picture).running == 0)
    }

    @Test func `who waits gets the place of the one before`() async throws {
        let first = try await budget.permit(for: .picture)
        let second = Task { [budget] in try await budget.permit(for: .picture) }
        try await eventually { count(of: .picture).waiting == 1 }
        first.giveBack()
        _ = try await second.value
    }

    @Test func `who is cancelled waits no longer`() async throws {
        let first = try await budget.permit(for: .picture)
        let second = Task { [budget] in try await budget.permit(for: .picture) }
        try await eventually { count(of: .picture).waiting == 1 }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(count(of: .picture) == ChildCount(purpose: .picture, maximum: 1, running: 1, waiting: 0, refused: 0))
        // Who is cancelled before it asks has none either.
        first.giveBack()
        let third = Task { [budget] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await budget.permit(for: .picture)
        }
        await #expect(throws: CancellationError.self) { try await third.value }
        #expect(count(of: .picture).running == 0)
    }

    @Test func `who waits too long is told which limit was in the way`() async throws {
        let first = try await budget.permit(for: .picture)
        let refusal = await #expect(throws: ChildRefusal.self) {
            try await budget.permit(for: .picture, within: .zero)
        }
        #expect(refusal?.limit == .purpose(1) && refusal?.option == "--max-children")
        withExtendedLifetime(first) {}
        #expect(count(of: .picture).refused == 1 && count(of: .picture).waiting == 0)
    }

    /// How many are inside at the moment, and were at most.
    private final class Room: Sendable {
        private let counts = Mutex((now: 0, most: 0))
        var most: Int { counts.withLock { $0.most } }

        func enter() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
        func leave() { counts.withLock { $0.now -= 1 } }
    }

    @Test func `however many ask at once, no more have a place than may`() async throws {
        let budget = ChildBudget(total: 3) { _ in
            ChildShare(maximum: 3, maximumWaiting: 100, option: "--max-children")
        }
        let room = Room()
        try await withThrowingTaskGroup { group in
            for number in 0..<60 {
                group.addTask {
                    let permit = try await budget.permit(for: number.isMultiple(of: 2) ? .picture : .publisher)
                    room.enter()
                    for _ in 0..<20 { await Task.yield() }
                    room.leave()
                    permit.giveBack()
                }
            }
            try await group.waitForAll()
        }
        #expect(room.most <= 3)
        #expect(budget.counts.allSatisfy { $0.running == 0 && $0.waiting == 0 && $0.refused == 0 })
    }

    @Test func `a child has its place until it has ended`() async throws {
        let child = try LoggedChild(
            ChildCommand("cat"), standardInput: .pipe, permit: budget.permitNow(for: .publisher),
            logger: Logger(label: "test"))
        #expect(count(of: .publisher).running == 1)
        await child.stop()
        #expect(count(of: .publisher).running == 0)
    }

    @Test func `a child that cannot be started leaves its place`() throws {
        #expect(throws: MissingProgram.self) {
            _ = try LoggedChild(
                ChildCommand("no-such-program"), permit: budget.permitNow(for: .publisher),
                logger: Logger(label: "test"))
        }
        #expect(count(of: .publisher).running == 0)
    }
}
