import Foundation
import Synchronization

/// All cases, and the running of them against one relay.
public struct ConformanceSuite: Sendable {
    /// One case for each rule of docs/protocol.md, in its order.
    public static let allCases: [ConformanceCase] =
        urlCases + httpCases + framingCases + featureCases + createCases + publishCases + publishTimeCases
        + rewriteCases + positionCases + readCases + abortCases + waitCases + earlyHeadCases + nextCases + headCases
        + windowCases
        + endCases + deleteCases + relayEndCases + feedCases + rangeCases + accessCases + browserCases + resumeCases
        + clientCases

    public let target: ConformanceTarget
    public let settings: ConformanceSettings

    public init(target: ConformanceTarget, settings: ConformanceSettings = ConformanceSettings()) {
        self.target = target
        self.settings = settings
    }

    /// Runs the cases, many at a time, on threads of their own.
    ///
    /// - Parameter known: the relay's features; nil asks for them.
    /// - Throws: ``ConformanceFailure`` when there is no relay, or none that creates channels.
    public func run(
        _ cases: [ConformanceCase] = allCases, features known: [String]? = nil
    ) async throws -> ConformanceReport {
        let tunnel = try await ConformanceTunnel.open(to: target, settings: settings)
        defer { tunnel?.close() }
        let features = if let known { known } else { try await onThread { try probe(tunnel) } }
        // The relay's end is the last that anybody sees of it.
        let (last, others) = (cases.filter { $0.rule.hasPrefix("DRN") }, cases.filter { !$0.rule.hasPrefix("DRN") })
        let failures = FailureOrder()
        var results = await run(others, features: features, failures, tunnel)
        if !failures.rules.isEmpty { try checkForEnd(failures.rules) }
        results.merge(await run(last, features: features, failures, tunnel)) { $1 }
        return ConformanceReport(
            url: target.url, features: features,
            results: cases.compactMap { results[$0.rule] })
    }

    private func run(
        _ cases: [ConformanceCase], features: [String], _ failures: FailureOrder, _ tunnel: ConformanceTunnel?
    ) async -> [String: ConformanceReport.Result] {
        // The long ones first: the others fit in beside them.
        let order = cases.sorted { $0.wait(settings) > $1.wait(settings) }
        let position = Counter()
        return await withTaskGroup(of: [ConformanceReport.Result].self) { group in
            for _ in 0..<max(1, min(settings.concurrency, order.count)) {
                group.addTask {
                    await onThread {
                        var results: [ConformanceReport.Result] = []
                        while let entry = position.next(below: order.count) {
                            let result = result(of: order[entry], features: features, tunnel)
                            if result.outcome == .failed { failures.append(result.rule) }
                            results.append(result)
                        }
                        return results
                    }
                }
            }
            var results: [String: ConformanceReport.Result] = [:]
            for await found in group { for result in found { results[result.rule] = result } }
            return results
        }
    }

    /// A relay that is gone has kept or broken no rule: nothing can be said of it.
    private func checkForEnd(_ failed: [String]) throws {
        // Past the tunnel, which is there in any case.
        do { _ = try RawConnection(to: target, patience: settings.patience) } catch {
            let first = failed.prefix(max(1, settings.concurrency)).joined(separator: ", ")
            throw ConformanceFailure(
                "the relay has gone in the middle of the run. The cases that failed first are among those that ran then: \(first). "
                    + "--jobs 1 runs one at a time, and ends at the one that it does not bear.")
        }
    }

    /// Learns the relay's features from a channel of our own.
    private func probe(_ tunnel: ConformanceTunnel?) throws -> [String] {
        let session = ConformanceSession(rule: "probe", target: target, settings: settings, through: tunnel)
        defer { session.close() }
        do { _ = try session.connect() } catch {
            throw ConformanceFailure("\(error): start a relay there, or name another with --url")
        }
        let name = session.newName()
        let answer = try session.answer("POST", "/\(name)", ["Content-Length: 0"])
        guard answer.status == 200 else {
            throw ConformanceFailure(
                "POST of a new channel is answered with \(answer.status): the suite needs a relay that creates channels"
            )
        }
        return try session.answer("GET", "/\(name)/next").head.fields.list("Lp-Trickle-Features")
    }

    private func result(
        of entry: ConformanceCase, features: [String], _ tunnel: ConformanceTunnel?
    ) -> ConformanceReport.Result {
        let session = ConformanceSession(rule: entry.rule, target: target, settings: settings, through: tunnel)
        let start = ContinuousClock.now
        var outcome = ConformanceReport.Outcome.passed
        var reason: String?
        do {
            if let unseen = entry.unseen { throw ConformanceSkip(reason: unseen) }
            if settings.speaksHTTP2, let reason = entry.onlyInHTTP1 { throw ConformanceSkip(reason: reason) }
            if let feature = entry.feature, !features.contains(feature) {
                throw ConformanceSkip(reason: "the relay does not announce '\(feature)'")
            }
            let wait = entry.wait(settings)
            guard wait <= settings.longestWait else {
                throw ConformanceSkip(reason: "takes \(wait.components.seconds) s: --slow")
            }
            try entry.body(session)
        } catch let skip as ConformanceSkip {
            (outcome, reason) = (.skipped, skip.reason)
        } catch {
            (outcome, reason) = (.failed, "\(error)")
        }
        let transcript = outcome == .failed ? session.transcript() : nil
        session.close()
        let time = (ContinuousClock.now - start).components
        return ConformanceReport.Result(
            rule: entry.rule, title: entry.title, outcome: outcome, reason: reason,
            milliseconds: Int(time.seconds * 1000 + time.attoseconds / 1_000_000_000_000_000), transcript: transcript)
    }
}

/// The rules of the cases that failed, in the order in which they did.
private final class FailureOrder: Sendable {
    private let list = Mutex<[String]>([])

    var rules: [String] { list.withLock { $0 } }
    func append(_ rule: String) { list.withLock { $0.append(rule) } }
}

/// Hands out the numbers from 0 on, each once.
private final class Counter: Sendable {
    private let value = Mutex(0)

    func next(below limit: Int) -> Int? {
        value.withLock { value in
            guard value < limit else { return nil }
            value += 1
            return value - 1
        }
    }
}
