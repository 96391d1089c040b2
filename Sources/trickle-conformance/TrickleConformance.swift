import ArgumentParser
import CommandFrame
import Conformance
import Endings
import Foundation

@main
struct TrickleConformance: Tool {
    static let configuration = CommandConfiguration(
        commandName: "trickle-conformance",
        abstract: "Looks whether a relay keeps the rules of docs/protocol.md, one case for each rule.",
        discussion: """
            Ends with 0 when no case failed, 1 when one did, 2 when the options are wrong, and 3 when no relay is there, or no longer.
            The options from --window on tell the suite what the relay was told; they change nothing there.
            With --verbose, the bytes of the exchanges of failed cases are printed.
            """,
        version: TrickleVersion.current)

    @Option(help: "The relay's URL with its base path.")
    var url = "http://localhost:2939"

    @Option(
        help: "Certificates in PEM that vouch for the relay's, where the URL is https://; without it, the system's.")
    var caFile: String?

    @Flag(help: "Speak HTTP/2: chosen in TLS' handshake with https://, by prior knowledge with http://.")
    var http2 = false

    @Flag(help: "100 Continue does not get through to here: nginx answers none over HTTP/2.")
    var noContinue = false

    @Option(help: "Write the results to this file as JSON; '-' is standard output.")
    var json: String?

    @Option(help: "Only the rules whose names begin so, as in 'GET' or 'PUB-3'; several are possible.")
    var filter: [String] = []

    @Flag(help: "List the rules, and look at no relay.")
    var list = false

    @Option(help: "Skip the cases that have to wait for longer than this many seconds.")
    var waitAtMost = 3.0

    @Flag(help: "Skip none: the longest takes a minute, or as long as the relay's clocks.")
    var slow = false

    @Option(help: "Cases that run at the same time; for a relay that does not bear 24, fewer.")
    var jobs = 24

    @OptionGroup(title: "What the relay was told")
    var relay: RelayFacts

    @OptionGroup(title: "Messages") var logOptions: LogOptions

    func run(_ session: ToolSession) async throws {
        let isOne = { (rule: String, name: String) in rule == name || rule.hasPrefix(name + "-") }
        let cases = ConformanceSuite.allCases.filter { entry in
            filter.isEmpty || filter.contains { isOne(entry.rule, $0.uppercased()) }
        }
        guard !cases.isEmpty else {
            throw ToolFailure("no rule has a name like \(filter.joined(separator: ", ")): see --list", exit: .usage)
        }
        if list {
            for entry in cases { print(entry.rule.padding(toLength: 10, withPad: " ", startingAt: 0) + entry.title) }
            return
        }
        var settings = relay.settings
        settings.speaksHTTP2 = http2
        settings.getsContinue = !noContinue
        settings.certificateAuthorities = caFile
        settings.concurrency = jobs
        settings.longestWait = slow ? .seconds(86_400) : .seconds(waitAtMost)
        let report: ConformanceReport
        do {
            report = try await ConformanceSuite(target: ConformanceTarget(url: url), settings: settings).run(cases)
        } catch {
            throw ToolFailure("\(error)", exit: .channelNotFound)
        }
        if json != "-" { print(report.table(withTranscripts: logOptions.verbose)) }
        if let json {
            let file = json == "-" ? FileHandle.standardOutput : try Self.create(json)
            file.write(try report.json() + Data("\n".utf8))
        }
        if !report.isConformant {
            throw ToolFailure("\(report.count(.failed)) of \(report.results.count) rules failed")
        }
    }

    private static func create(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw ToolFailure("cannot write to '\(path)'") }
        return file
    }
}

/// What the relay was told, in seconds, bytes and segments.
struct RelayFacts: ParsableArguments {
    @Option(help: "Segments in the window.")
    var window: Int?
    @Option(help: "Seconds in the window.")
    var windowSeconds: Double?
    @Option(help: "Bytes in the window.")
    var windowBytes: Int?
    @Option(help: "Bytes in a segment at most.")
    var segmentBytes: Int?
    @Option(help: "Seconds for which a closed channel is readable.")
    var drain: Double?
    @Option(help: "Seconds after which an idle channel is closed.")
    var idleTimeout: Double?
    @Option(help: "Seconds for which a broken publisher is waited for.")
    var linger: Double?
    @Option(help: "Seconds between 100 Continues.")
    var continueSeconds: Double?
    @Option(help: "The relay's process, which the last case ends with SIGTERM.")
    var relayPid: Int32?
    @Option(help: "The program trickle-server, started for rules that need a relay which is set up otherwise.")
    var server: String?

    var settings: ConformanceSettings {
        var settings = ConformanceSettings()
        settings.windowCount = window ?? settings.windowCount
        settings.windowDuration = windowSeconds.map { .seconds($0) } ?? settings.windowDuration
        settings.windowByteCount = windowBytes
        settings.segmentByteCount = segmentBytes
        settings.drainDuration = drain.map { .seconds($0) } ?? settings.drainDuration
        settings.idleTimeout = idleTimeout.map { .seconds($0) } ?? settings.idleTimeout
        settings.lingerDuration = linger.map { .seconds($0) } ?? settings.lingerDuration
        settings.continueInterval = continueSeconds.map { .seconds($0) } ?? settings.continueInterval
        if let relayPid { settings.endRelay = { kill(relayPid, SIGTERM) } }
        if let server { settings.startRelay = { try await RelayOnRequest.process($0, program: server) } }
        return settings
    }
}
