import ArgumentParser
import CommandFrame
import Endings
import FaultScenarios
import Foundation

/// Breaks things for some minutes, and tells what came through.
@main
struct TrickleChaos: Tool {
    static let configuration = CommandConfiguration(
        commandName: "trickle-chaos",
        abstract: "Break connections, relays and processes while media goes through them, and account for every byte.",
        discussion: "Exit code 0 when nothing hung, nothing came twice, and nothing went missing without a word.",
        version: TrickleVersion.current)

    @Option(help: "Only scenarios whose name contains this.")
    var filter = ""

    @Flag(help: "List the scenarios, and break nothing.")
    var list = false

    @Flag(help: "As short as in the tests.")
    var short = false

    @OptionGroup(title: "Messages") var logOptions: LogOptions

    func run(_ session: ToolSession) async throws {
        let scenarios = FaultScenario.all.filter { filter.isEmpty || $0.name.contains(filter) }
        guard !scenarios.isEmpty else {
            throw ToolFailure("no scenario's name contains '\(filter)': see --list", exit: .usage)
        }
        if list {
            for scenario in scenarios { print(scenario.name) }
            return
        }
        print(ReportTable.head)
        var failed = 0
        for scenario in scenarios {
            let report = await scenario.run(short ? .short : .long)
            print(ReportTable.row(report))
            let faults = report.problems + report.losses
            for fault in faults.prefix(10) { print("    \(fault)") }
            fflush(nil)
            if !faults.isEmpty { failed += 1 }
        }
        if failed > 0 { throw ToolFailure("\(failed) of \(scenarios.count) scenarios failed") }
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
