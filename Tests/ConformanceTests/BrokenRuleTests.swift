import Testing
import TrickleTesting

/// The suite finds what is wrong: each fault that a relay can be given makes the cases fail that it should.
@Suite("Conformance of relays that break rules")
struct BrokenRuleTests {
    /// The results of each fault's cases, by the fault's name.
    private static let reports = Task { try await allReports() }

    @Test("the case of a broken rule fails", arguments: RelayFault.all)
    func caseOfABrokenRuleFails(_ fault: RelayFault) async throws {
        let report = try #require(try await Self.reports.value[fault.name])
        #expect(report.results.count == fault.breaks.count, "\(fault.breaks) are not all rules")
        for result in report.results {
            #expect(result.outcome == .failed, "\(result.rule) holds: \(result.reason ?? "")")
        }
    }

    @Test("it is the fault that breaks the rules, and not what stands before the relay")
    func withoutAFaultNothingIsBroken() async throws {
        let none = RelayFault("none", []) { _ in }
        let results = try await OwnRelay.results(fault: none)
        let failed = results.filter { $0.outcome == .failed }.map { "\($0.rule): \($0.reason ?? "")" }
        #expect(failed == [])
    }

    @Test("no rule that our relay is looked at for goes without a fault that breaks it")
    func everyRuleCanBreak() {
        let broken = Set(RelayFault.all.flatMap(\.breaks))
        let seen = ConformanceSuite.allCases.filter(\.isSeen).map(\.rule)
        #expect(Set(seen).subtracting(broken).sorted() == [])
        #expect(Set(RelayFault.all.map(\.name)).count == RelayFault.all.count, "two faults have one name")
    }

    private static func allReports() async throws -> [String: ConformanceReport] {
        try await withThrowingTaskGroup(of: (String, ConformanceReport).self) { group in
            var faults = RelayFault.all[...]
            var reports: [String: ConformanceReport] = [:]
            let limit = 12 / Sanitizer.patienceFactor
            for fault in faults.prefix(limit) { group.addTask { (fault.name, try await report(of: fault)) } }
            faults = faults.dropFirst(limit)
            while let (name, report) = try await group.next() {
                reports[name] = report
                if let fault = faults.popFirst() { group.addTask { (fault.name, try await Self.report(of: fault)) } }
            }
            return reports
        }
    }

    private static func report(of fault: RelayFault) async throws -> ConformanceReport {
        return try await OwnRelay.run(fault: fault) { url, settings in
            var settings = settings
            settings.patience = .seconds(2) * Sanitizer.patienceFactor
            let suite = ConformanceSuite(target: try ConformanceTarget(url: url), settings: settings)
            let cases = ConformanceSuite.allCases.filter { fault.breaks.contains($0.rule) }
            return try await suite.run(cases, features: ["resume", "range", "size", "head", "wait"])
        }
    }
}
