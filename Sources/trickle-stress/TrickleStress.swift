import ArgumentParser
import CommandFrame
import Endings
import TestBench

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Loads a relay with publishers and subscribers, and compares every segment.
struct TrickleStress: Tool {
    static let configuration = CommandConfiguration(
        commandName: "trickle-stress",
        abstract: "Load a trickle relay with publishers and subscribers, and compare each segment by its SHA-256.",
        discussion: """
            Each publisher has a channel of its own, with its own subscribers. Only relays of your own, please.

              trickle-stress --publishers 10 --subscribers 20
              trickle-stress --segments 1000 --segment-bytes 1MiB --interval 0s --json

            Exit codes: 0 all came as it was sent, 1 something came wrong, twice or failed, 4 something is missing.
            """,
        version: TrickleVersion.current)

    @OptionGroup var relay: RelayOptions

    @Option(help: ArgumentHelp("How many publish, each to its own channel.", valueName: "count"))
    var publishers = 4

    @Option(help: ArgumentHelp("How many read each channel.", valueName: "count"))
    var subscribers = 4

    @Option(help: ArgumentHelp("How many segments each publishes.", valueName: "count"))
    var segments = 100

    @Option(help: ArgumentHelp("How large a segment is.", valueName: "bytes"))
    var segmentBytes = ByteCountArgument("64KiB")

    @Option(help: ArgumentHelp("From the start of one segment to the start of the next.", valueName: "time"))
    var interval = DurationArgument("20ms")

    @Flag(help: "Write the result as JSON to standard output.")
    var json = false

    @OptionGroup(title: "Messages") var logOptions: LogOptions

    func validate() throws {
        for (name, count) in [("publishers", publishers), ("subscribers", subscribers), ("segments", segments)]
        where !(1...1_000_000).contains(count) {
            throw ValidationError("--\(name) is from 1 to 1000000")
        }
    }

    var idleOptions: [IdleOption] { relay.idleOptions }

    func run(_ session: ToolSession) async throws {
        var run = StressRun(relay: relay)
        (run.publishers, run.subscribers, run.segments) = (publishers, subscribers, segments)
        (run.segmentBytes, run.interval) = (segmentBytes.byteCount, interval.duration)
        guard let report = try await run.run(session) else { return }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try await StandardOutput.write(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            try await StandardOutput.write(report.summary)
        }
        if report.isGood { return }
        let isLoss = report.wrong == 0 && report.repeated == 0 && report.failureCount == 0
        throw ToolFailure(report.failures.first ?? report.summary, exit: isLoss ? .dataLost : .failure)
    }
}

/// For the program that has all tools.
package let trickleStress: any Tool.Type = TrickleStress.self
