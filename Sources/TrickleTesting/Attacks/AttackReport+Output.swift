import Foundation

extension AttackReport {
    private static let widths = [20, 6, 6, 6, 6, 9, 9, 9, 8]

    /// Above the rows.
    public static let tableHead =
        "resident size of the relay in MiB; delay of a write at the bystander's readers, where ! is more than 20 ms\n"
        + line(["attack", "idle", "peak", "bound", "left", "p50", "p99", "max", "result"], "answers to the attacker")

    /// A line of the table, and one for each thing that is wrong.
    public var row: String {
        func mebibytes(_ count: Int?) -> String { count.map { "\($0 >> 20)" } ?? "-" }
        func time(_ fraction: Double) -> String {
            delay(fraction).map { String(format: "%.1f", $0 / .milliseconds(1)) } ?? "-"
        }
        let columns = [
            attack.name, mebibytes(size?.idle), mebibytes(size?.peak), mebibytes(bound), mebibytes(size?.last),
            time(0.5), time(0.99) + (isDelayed ? "!" : ""), time(1), problems.isEmpty ? "ok" : "FAILED",
        ]
        return ([Self.line(columns, answers)] + stays.map { "    \($0)" } + problems.prefix(12).map { "  ! \($0)" })
            .joined(separator: "\n")
    }

    /// The first column to the left, the others to the right.
    private static func line(_ columns: [String], _ last: String) -> String {
        zip(columns, widths).enumerated().map { index, column in
            let padding = String(repeating: " ", count: max(0, column.1 - column.0.count))
            return index == 0 ? column.0 + padding : padding + column.0
        }.joined(separator: " ") + "  " + last
    }
}

extension AttackReport: Encodable {
    private enum Key: String, CodingKey {
        case attack, idleBytes, peakBytes, boundBytes, leftBytes, delayMilliseconds, answers, stays, problems
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(attack.name, forKey: .attack)
        try container.encodeIfPresent(size?.idle, forKey: .idleBytes)
        try container.encodeIfPresent(size?.peak, forKey: .peakBytes)
        try container.encodeIfPresent(bound, forKey: .boundBytes)
        try container.encodeIfPresent(size?.last, forKey: .leftBytes)
        let delays = [("p50", 0.5), ("p99", 0.99), ("max", 1)].compactMap { name, fraction in
            delay(fraction).map { (name, $0 / .milliseconds(1)) }
        }
        try container.encode(Dictionary(uniqueKeysWithValues: delays), forKey: .delayMilliseconds)
        try container.encode(answers, forKey: .answers)
        try container.encode(stays, forKey: .stays)
        try container.encode(problems, forKey: .problems)
    }
}
