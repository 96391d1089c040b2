import ChildProcesses
import Foundation
import TrickleKit
import TrickleTesting

extension FaultScenario {
    /// The relay is killed in mid-segment and comes back on the same port without its memory.
    static let relayRestarts = [
        relayRestarts("at once", downtime: .zero), relayRestarts("after three seconds", downtime: .seconds(3)),
    ]

    private static func relayRestarts(_ when: String, downtime: Duration) -> FaultScenario {
        FaultScenario("kill -9 of the relay in mid-segment, and back \(when)", isLossless: false) { scale in
            let count = if downtime > .zero { scale == .short ? 1 : 5 } else { scale == .short ? 2 : 20 }
            let first = try await RelayProcess.start(address: "\(OwnLoopbackAddress.make()):0")
            let address = String(first.url.dropFirst("http://".count))
            let length = (downtime + .seconds(1)) * count + .seconds(2)
            let time = PublishingTime(length)
            let run = ChannelRun(
                name: "restart", seed: 3, source: .live, time: time, publisherURL: first.url, readerURL: first.url)
            async let balance = run.run(within: length + ChannelRun.patience)
            var relay = first
            try await time.hasBegun()
            for _ in 0..<count {
                try await Task.sleep(for: .seconds(1))
                kill(relay.process.pid, SIGKILL)
                _ = await relay.process.exitStatus()
                try await Task.sleep(for: downtime)
                relay = try await RelayProcess.start(address: address)
            }
            var result = await balance
            // Each time, the segment in the making and the one before it may be gone, but not more.
            if result.reported > 2 * count {
                result.problems.append("\(result.reported) segments are missing after \(count) restarts")
            }
            await relay.stop()
            return (result, count)
        }
    }

    /// A relay that stands still (SIGSTOP) for three seconds, and goes on.
    static let stoppedRelay = [
        FaultScenario("the relay stands still for three seconds") { scale in
            let count = scale == .short ? 1 : 5
            let relay = try await RelayProcess.start(address: "\(OwnLoopbackAddress.make()):0")
            let length = Duration.seconds(4) * count + .seconds(1)
            let time = PublishingTime(length)
            let run = ChannelRun(
                name: "stopped", seed: 4, source: .live, time: time, publisherURL: relay.url, readerURL: relay.url)
            async let balance = run.run(within: length + ChannelRun.patience)
            try await time.hasBegun()
            for _ in 0..<count {
                try await Task.sleep(for: .seconds(1))
                kill(relay.process.pid, SIGSTOP)
                try await Task.sleep(for: .seconds(3))
                kill(relay.process.pid, SIGCONT)
            }
            let result = await balance
            await relay.stop()
            return (result, count)
        }
    ]
}
