import Logging
import MediaChildren
import Testing
import TrickleTesting

@testable import Publishing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Children that publish, and their places.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct PublishingChildrenTests {
    private let folder = TemporaryFolder()

    @Test func `a hundred children publish, and one more waits for a place`() async throws {
        try #require(mkfifo(folder("pipe"), 0o600) == 0)
        let logger = Logger(label: "test")
        let budget = ChildBudget(total: 101) { purpose in
            purpose == .publisher
                ? ChildShare(maximum: 100, reserved: 100, maximumWaiting: 10, option: "--max-publisher-children")
                : ChildShare(maximum: 1, maximumWaiting: 0, option: "--max-children")
        }
        let plan = SourcePlan(.command(["cat", folder("pipe")], folder: ""))
        let movie = try budget.permitNow(for: .movie)
        var inputs: [any SourceInput] = []
        for _ in 0..<100 { inputs.append(try await plan.open(within: .zero, children: budget, logger: logger)) }
        #expect(budget.counts.map(\.running) == [100, 1, 0, 0])
        let failure = await #expect(throws: SourceFailure.self) {
            _ = try await plan.open(within: .zero, children: budget, logger: logger)
        }
        #expect(failure?.reason.contains("100 children publish channels") == true)
        #expect(failure?.reason.contains("--max-publisher-children") == true)
        async let next = plan.open(within: TestLimit.wait, children: budget, logger: logger)
        try await eventually { budget.counts[0].waiting == 1 }
        let first = inputs.removeFirst()
        first.requestEnd()
        _ = await first.close()
        inputs.append(try await next)
        #expect(budget.counts.map(\.running) == [100, 1, 0, 0])
        for input in inputs {
            input.requestEnd()
            _ = await input.close()
        }
        movie.giveBack()
        #expect(budget.counts.allSatisfy { $0.running == 0 && $0.waiting == 0 })
    }
}
