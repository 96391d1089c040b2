import FaultScenarios
import Testing
import TrickleTesting

/// Real bytes through real faults, in their short form; `make chaos` runs the long one.
@Suite(.serialized, .timeLimit(.minutes(TestLimit.minutes))) struct ScenarioTests {
    @Test(arguments: FaultScenario.all.map(\.name))
    func `nothing is lost without a word, nothing doubled, nothing hangs`(name: String) async throws {
        let scenario = try #require(FaultScenario.all.first { $0.name == name })
        let report = await scenario.run(.short)
        #expect(report.problems == [])
        #expect(report.losses == [])
    }
}
