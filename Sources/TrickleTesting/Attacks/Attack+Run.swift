import Foundation
import TrickleRelay

extension Attack {
    /// Starts a relay, attacks it, and looks how it and its other clients do.
    ///
    /// - Parameter time: how long it is attacked.
    /// - Throws: when the relay does not start, or what the attack needs cannot be made.
    public func run(_ scale: Scale, for time: Duration) async throws -> AttackReport {
        DescriptorLimit.raise()
        let options = ["--memory", "\(Self.memoryByteCount >> 20)MiB"] + relayOptions
        let relay = try await RelayProcess.start(options, address: "127.0.0.1:0")
        do {
            let report = try await run(scale, for: time, against: relay)
            await relay.stop()
            return report
        } catch {
            await relay.stop()
            throw error
        }
    }

    private func run(_ scale: Scale, for time: Duration, against relay: RelayProcess) async throws -> AttackReport {
        let target = try ConformanceTarget(url: relay.url)
        try await Task.sleep(for: .milliseconds(500))
        let watch = ResidentSizeWatch(relay.process.pid)
        let before = preparation(scale)
        _ = try await onThread {
            try AttackCrowd.run(before, against: target, until: .now + .seconds(120), isPreparation: true)
        }
        let bystander = Bystander(target)
        async let seen = bystander.run()
        try await Task.sleep(for: .milliseconds(500))
        let scripts = scripts(scale)
        // What has to end gets its time to do so.
        let end = ContinuousClock.now + max(time, scripts.compactMap(\.endsWithin).max() ?? .zero)
        let tally = try await onThread { try AttackCrowd.run(scripts, against: target, until: end) }
        try await Task.sleep(for: .milliseconds(500))
        bystander.stop()
        let bystanderReport = await seen
        let answers = await onThread { Self.answers(target) }
        return AttackReport(
            attack: self, size: await watch.stop(), tally: tally, bystander: bystanderReport,
            problems: problems(of: relay, answers: answers))
    }

    private func problems(of relay: RelayProcess, answers: Bool) -> [String] {
        if let status = relay.process.endedWith { return ["the relay ended: \(status)"] }
        return answers ? [] : ["the relay does not answer"]
    }

    /// Whether it still does what is asked of it.
    private static func answers(_ target: ConformanceTarget) -> Bool {
        guard let connection = try? RawConnection(to: target, patience: Bystander.patience) else { return false }
        guard (try? connection.send(AttackRequest.get("/_channels"))) != nil else { return false }
        return (try? connection.receiveResponse())?.status == 200
    }
}
