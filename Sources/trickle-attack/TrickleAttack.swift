import ArgumentParser
import CommandFrame
import Endings
import Foundation
import TrickleTesting

/// Attacks a relay of its own, and tells what that cost the relay and its other clients.
@main
struct TrickleAttack: Tool {
    static let configuration = CommandConfiguration(
        commandName: "trickle-attack",
        abstract: "Attack a relay, each time a fresh one, while a bystander publishes and reads.",
        discussion: """
            Ends with 0 when the relay kept within its memory and went on answering, and the bystander lost no byte; with 1 otherwise.
            The bystander's delay is printed and decides nothing.
            """,
        version: TrickleVersion.current)

    @Option(help: "How long each attack lasts.")
    var seconds: Double?

    @Flag(help: "As short as in the tests.")
    var short = false

    @Option(help: "Only the attack of this name, or those whose names contain this.")
    var filter = ""

    @Flag(help: "List the attacks, and attack nothing.")
    var list = false

    @Option(help: "Write the results to this file as JSON.")
    var json: String?

    @OptionGroup(title: "Messages") var logOptions: LogOptions

    func run(_ session: ToolSession) async throws {
        let attacks = Attack.all.filter { filter.isEmpty || $0.name.contains(filter) }
        guard !attacks.isEmpty else {
            throw ToolFailure("no attack's name contains '\(filter)': see --list", exit: .usage)
        }
        if list {
            for attack in attacks {
                print(attack.name.padding(toLength: 22, withPad: " ", startingAt: 0) + attack.what)
            }
            return
        }
        if !ProcessTable.isReadable { print("there is no /proc here: the relay's memory is not looked at") }
        print(AttackReport.tableHead)
        var reports: [AttackReport] = []
        for attack in attacks {
            let report = try await attack.run(short ? .short : .long, for: .seconds(seconds ?? (short ? 2 : 20)))
            print(report.row)
            fflush(nil)
            reports.append(report)
        }
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(reports).write(to: URL(fileURLWithPath: json))
        }
        let failed = reports.count { !$0.problems.isEmpty }
        if failed > 0 { throw ToolFailure("\(failed) of \(reports.count) attacks succeeded") }
    }
}
