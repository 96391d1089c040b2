import TrickleKit
import TrickleTesting

extension FaultScenario {
    /// A hundred publishers and their hundred readers, on connections of which one is cut every 100 ms.
    static let crowd = FaultScenario("100 publishers and 100 readers, one connection cut every 100 ms") { scale in
        let seconds = scale == .short ? 5 : 60
        return try await LocalRelay.with { relay in
            try await FaultProxy.with(to: relay.port, seed: 7) { proxy in
                var plan = FaultPlan()
                plan.breaksOneEvery = .milliseconds(100)
                await proxy.set(plan)
                var source = ChannelRun.Source()
                source.segmentCount = .max
                source.segmentByteCount = 10_000...40_000
                source.interval = .milliseconds(60)
                let sum = await withTaskGroup(of: Balance.self) { group in
                    for number in 0..<100 {
                        let run = ChannelRun(
                            name: "crowd-\(number)", seed: UInt64(number), source: source,
                            time: PublishingTime(.seconds(seconds)), publisherURL: proxy.url, readerURL: proxy.url)
                        group.addTask { await run.run(within: .seconds(seconds) + ChannelRun.patience) }
                    }
                    return await group.reduce(into: Balance()) { $0.add($1) }
                }
                return (sum, proxy.tally.breaks)
            }
        }
    }
}
