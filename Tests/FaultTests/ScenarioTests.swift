import FaultScenarios
import Testing

/// Real bytes through real faults, in their short form; `make chaos` runs the long one.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ScenarioTests {
    /// What the clients do not survive yet: they tell of every loss, but they do not go on inside a segment.
    private static let lossesAreKnown = FaultScenario.all.map(\.name).filter { name in
        ["cut", "reset", "break"].contains { name.contains($0) }
    }
    /// Readers that wait on a silent connection, requests that come twice without an id, and segments that come again after a
    /// relay has lost its memory.
    private static let isNotYetWithstood = FaultScenario.all.map(\.name).filter { name in
        ["half-open", "second time", "kill -9"].contains { name.contains($0) }
    }

    @Test(arguments: FaultScenario.all.map(\.name).filter { !isNotYetWithstood.contains($0) })
    func `nothing is lost without a word, nothing doubled, nothing hangs`(name: String) async throws {
        let scenario = try #require(FaultScenario.all.first { $0.name == name })
        let report = await scenario.run(.short)
        #expect(report.problems == [])
        withKnownIssue("clients do not resume inside a segment", isIntermittent: true) {
            #expect(report.losses == [])
        } when: {
            Self.lossesAreKnown.contains(name)
        }
    }
}
