import Testing
import TrickleTesting

/// The suite through its tunnel: what the cases see of a relay does not depend on how it is spoken to.
@Suite("Conformance over TLS and HTTP/2")
struct TunnelTests {
    /// Those that wait for no clock; the others show the same over HTTP/1.1.
    private static func cases(over way: OwnRelay.Way) -> [ConformanceCase] {
        let cases = ConformanceSuite.allCases.filter { $0.waitingTime(ConformanceSettings()) == .zero }
        guard way == .http2OverTLS else { return cases }
        // What TLS could change in HTTP/2: connections and their ends.
        return cases.filter { entry in ["HTTP-", "GET-", "DEL-"].contains { entry.rule.hasPrefix($0) } }
    }

    @Test("the relay keeps the rules", arguments: OwnRelay.Way.allCases.filter { $0 != .plain })
    func relayKeepsTheRules(over way: OwnRelay.Way) async throws {
        let cases = Self.cases(over: way)
        let results = try await OwnRelay.results(over: way, clockFactor: 20, of: cases)
        let failed = results.filter { $0.outcome == .failed }.map { "\($0.rule): \($0.reason ?? "")" }
        #expect(failed == [])
        let rules = results.filter { $0.outcome == .skipped }.map(\.rule)
        let unseen = cases.filter { !$0.isSeen || way.isHTTP2 && $0.isOnlyInHTTP1 }.map(\.rule)
        // A busy machine may be too late for these.
        #expect(Set(rules).subtracting(["WIN-2", "DEL-8"]) == Set(unseen))
    }

    @Test("a certificate that nobody vouches for is an error")
    func anUnknownCertificateIsAnError() async throws {
        try await OwnRelay.run(over: .tls) { url, settings in
            var settings = settings
            settings.certificateAuthorities = nil
            let suite = ConformanceSuite(target: try ConformanceTarget(url: url), settings: settings)
            let failure = await #expect(throws: ConformanceFailure.self) { try await suite.run([]) }
            #expect(failure?.description.contains("--ca-file") == true, "\(failure?.description ?? "")")
        }
    }

    @Test("a relay that does not speak HTTP/2 is an error")
    func aRelayOfHTTP1IsAnError() async throws {
        let none = RelayFault("none", []) { _ in }
        try await OwnRelay.run(fault: none, over: .http2) { url, settings in
            let suite = ConformanceSuite(target: try ConformanceTarget(url: url), settings: settings)
            let failure = await #expect(throws: ConformanceFailure.self) { try await suite.run([]) }
            #expect(failure?.description.contains("no HTTP/2 with") == true, "\(failure?.description ?? "")")
        }
    }
}
