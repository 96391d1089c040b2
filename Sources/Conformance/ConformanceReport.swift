import Foundation

/// What the suite found, rule by rule.
public struct ConformanceReport: Sendable, Encodable {
    public enum Outcome: String, Sendable, Encodable {
        case passed, failed, skipped
    }

    public struct Result: Sendable, Encodable {
        public let rule: String
        public let title: String
        public let outcome: Outcome
        /// Why it failed or was skipped.
        public let reason: String?
        public let milliseconds: Int
        /// The bytes of the exchange, of failed cases only.
        public let transcript: String?
    }

    public let url: String
    /// What the relay announces.
    public let features: [String]
    public let results: [Result]

    public func count(_ outcome: Outcome) -> Int { results.count { $0.outcome == outcome } }

    /// Whether no case failed.
    public var isConformant: Bool { count(.failed) == 0 }

    /// A line for each rule and one for the sum.
    public func table(withTranscripts: Bool = false) -> String {
        var lines: [String] = []
        for result in results {
            let mark = result.outcome == .passed ? "pass" : result.outcome == .failed ? "FAIL" : "skip"
            let rule = result.rule.padding(toLength: 9, withPad: " ", startingAt: 0)
            lines.append("\(mark)  \(rule) \(result.title)")
            if let reason = result.reason { lines.append("                \(reason)") }
            if withTranscripts, let transcript = result.transcript { lines.append(transcript) }
        }
        lines.append("")
        lines.append("\(count(.passed)) passed, \(count(.failed)) failed, \(count(.skipped)) skipped")
        return lines.joined(separator: "\n")
    }

    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}
