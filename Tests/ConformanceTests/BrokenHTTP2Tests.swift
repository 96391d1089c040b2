import Testing
import TrickleTesting

/// The suite finds what is wrong with a relay's HTTP/2, too.
@Suite("Conformance of relays that break rules over HTTP/2")
struct BrokenHTTP2Tests {
    private func report(of fault: HTTP2Fault) async throws -> ConformanceReport {
        try await OwnRelay.run(http2Fault: fault, over: .http2) { url, settings in
            var settings = settings
            if fault.name != HTTP2Fault.none.name { settings.patience = .seconds(3) * Sanitizer.patienceFactor }
            let suite = ConformanceSuite(target: try ConformanceTarget(url: url), settings: settings)
            let cases = ConformanceSuite.allCases.filter { fault.breaks.contains($0.rule) }
            return try await suite.run(cases, features: ["resume", "range", "size", "head", "wait"])
        }
    }

    @Test("the case of a broken rule fails", arguments: HTTP2Fault.all)
    func caseOfABrokenRuleFails(_ fault: HTTP2Fault) async throws {
        let report = try await report(of: fault)
        #expect(report.results.count == fault.breaks.count, "\(fault.breaks) are not all rules")
        for result in report.results {
            #expect(result.outcome == .failed, "\(result.rule) holds: \(result.reason ?? "")")
        }
    }

    @Test("it is the fault that breaks the rules, and not what stands before the relay")
    func withoutAFaultNothingIsBroken() async throws {
        let report = try await report(of: .none)
        #expect(!report.results.isEmpty)
        for result in report.results {
            #expect(result.outcome == .passed, "\(result.rule): \(result.reason ?? "")\n\(result.transcript ?? "")")
        }
    }
}
