import Foundation
import Logging
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

/// The suite against our own relay, with clocks that run fast enough to look at every rule.
@Suite("Conformance")
struct ConformanceTests {
    private static let results = Task { try await OwnRelay.results() }

    @Test("the relay keeps the rule", arguments: ConformanceSuite.allCases.map(\.rule))
    func relayKeepsTheRule(_ rule: String) async throws {
        let result = try #require(try await Self.results.value.first { $0.rule == rule })
        #expect(result.outcome != .failed, "\(result.title): \(result.reason ?? "")\n\(result.transcript ?? "")")
    }

    @Test("only what cannot be seen, or needs what the relay does not announce, is skipped")
    func littleIsSkipped() async throws {
        let skipped = try await Self.results.value.filter { $0.outcome == .skipped }
        let unseen = ConformanceSuite.allCases.filter { !$0.isSeen }.map(\.rule)
        // On a busy machine, a window of two seconds may be over before it has been looked at.
        let late = skipped.filter { $0.reason?.contains("took longer than") == true }.map(\.rule)
        #expect(Set(late).isSubset(of: ["WIN-2", "DEL-8"]))
        #expect(Set(skipped.map(\.rule)) == Set(unseen + late))
    }

    @Test("every rule of docs/protocol.md has a case, and every case a rule")
    func rulesAndCasesAreTheSame() throws {
        let rules = try Specification.rules()
        let cases = ConformanceSuite.allCases.map(\.rule)
        #expect(Set(cases).count == cases.count, "a rule has two cases")
        #expect(Set(rules).subtracting(cases).sorted() == [], "these rules have no case")
        #expect(Set(cases).subtracting(rules).sorted() == [], "these cases have no rule")
    }

    @Test("a base path, IPv4 and IPv6 make no difference", arguments: ["127.0.0.1", "::1"])
    func anyAddressWillDo(_ host: String) async throws {
        let cases = ConformanceSuite.allCases.filter { $0.rule.hasPrefix("URL-") || $0.rule.hasPrefix("PUB-") }
        let results = try await OwnRelay.results(host: host, path: "/some/where", of: cases)
        let failed = results.filter { $0.outcome == .failed }.map { "\($0.rule): \($0.reason ?? "")" }
        #expect(failed == [])
        #expect(results.count { $0.outcome == .passed } > 20)
    }

    /// It sends through the pipeline of that program, and not past it.
    @Test("a relay in the server of another program keeps the rules")
    func aMountedRelayKeepsTheRules() async throws {
        let results = try await OwnRelay.results(path: "/trickle", isMounted: true)
        let failed = results.filter { $0.outcome == .failed }.map { "\($0.rule): \($0.reason ?? "")" }
        #expect(failed == [])
        #expect(results.count { $0.outcome == .passed } > 100)
    }

    @Test("where the relay goes in the middle, the suite says with which case")
    func aRelayThatGoesIsAnError() async throws {
        try await OwnRelay.run { url, settings in
            let suite = ConformanceSuite(target: try ConformanceTarget(url: url), settings: settings)
            let cases = ConformanceSuite.allCases.filter { $0.rule == "PUB-1" }
            settings.endRelay?()
            var said = ""
            try await until {
                do { _ = try await suite.run(cases, features: []) } catch { said = "\(error)" }
                return !said.isEmpty
            }
            #expect(said.contains("gone in the middle") && said.contains("PUB-1"), "\(said)")
        }
    }

    @Test("where no relay is, the suite says so")
    func noRelayIsAnError() async throws {
        let suite = ConformanceSuite(target: try ConformanceTarget(url: "http://127.0.0.1:1/base"))
        await #expect(throws: ConformanceFailure.self) { try await suite.run([]) }
        #expect(throws: ConformanceFailure.self) { try ConformanceTarget(url: "ftp://127.0.0.1") }
    }
}

/// docs/protocol.md, as far as the tests read it.
enum Specification {
    /// The names of its rules, in order.
    static func rules() throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/protocol.md"), encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("- **"), let end = line.dropFirst(4).range(of: "**") else { return nil }
            return String(line.dropFirst(4)[..<end.lowerBound])
        }
    }
}
