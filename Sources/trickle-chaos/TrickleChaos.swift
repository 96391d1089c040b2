import ArgumentParser
import FaultScenarios
import Foundation

/// Breaks things for some minutes, and tells what came through.
@main
struct TrickleChaos: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trickle-chaos",
        abstract: "Break connections, relays and processes while media goes through them, and account for every byte.",
        discussion: "Exit code 0 when nothing hung, nothing came twice, and nothing went missing without a word.")

    @Option(help: "Only scenarios whose name contains this.")
    var filter = ""

    @Flag(help: "As short as in the tests.")
    var short = false

    func run() async throws {
        let scenarios = FaultScenario.all.filter { filter.isEmpty || $0.name.contains(filter) }
        guard !scenarios.isEmpty else { throw ValidationError("no scenario's name contains '\(filter)'") }
        print(ReportTable.head)
        var isGood = true
        for scenario in scenarios {
            let report = await scenario.run(short ? .short : .long)
            print(ReportTable.row(report))
            let faults = report.problems + report.losses
            for fault in faults.prefix(10) { print("    \(fault)") }
            fflush(nil)
            isGood = isGood && faults.isEmpty
        }
        if !isGood { throw ExitCode.failure }
    }
}

/// The table that ``TrickleChaos`` prints, a line as soon as its scenario is over.
enum ReportTable {
    private static let widths = [62, 7, 9, 10, 10, 9, 8, 9, 6]
    static let head = line([
        "what happens", "faults", "segments", "kB in", "kB out", "reported", "silence", "time", "",
    ])

    static func row(_ report: FaultReport) -> String {
        let balance = report.balance
        return line([
            report.scenario.name, "\(report.faults)", "\(balance.segments)", "\(balance.publishedBytes / 1000)",
            "\(balance.deliveredBytes / 1000)", "\(balance.reported)", seconds(balance.longestSilence),
            seconds(report.duration), (report.problems + report.losses).isEmpty ? "ok" : "FAILED",
        ])
    }

    private static func seconds(_ duration: Duration) -> String {
        duration.formatted(.units(allowed: [.seconds], width: .narrow, fractionalPart: .show(length: 1)))
    }

    /// The first column to the left, the others to the right.
    private static func line(_ columns: [String]) -> String {
        zip(columns, widths).enumerated().map { index, column in
            let padding = String(repeating: " ", count: max(0, column.1 - column.0.count))
            return index == 0 ? column.0 + padding : padding + column.0
        }.joined(separator: " ")
    }
}
