import Logging
import TrickleKit
import TrickleRelay
import TrickleTesting

extension FaultScenario {
    /// Which side's connections go through a proxy with faults.
    enum Side: String, CaseIterable {
        case publisher = "the publisher's side"
        case reader = "the reader's side"
        case both = "both sides"
    }

    /// Connections that break after a number of bytes, on each side, in each way.
    static let breakingLinks: [FaultScenario] = Side.allCases.flatMap { side in
        [ConnectionBreak.cut, .reset].map { breaking in
            breakingLink("each 1,000 bytes", 1000...1000, side, by: breaking)
        } + [breakingLink("at random places", 400...20_000, side, by: .cut)]
    }

    private static func breakingLink(
        _ places: String, _ limits: ClosedRange<Int>, _ side: Side, by breaking: ConnectionBreak
    ) -> FaultScenario {
        FaultScenario("\(breaking) \(places), on \(side.rawValue)") { scale in
            let seeds: Range<UInt64> = scale == .short ? 0..<1 : 0..<10
            return try await sum(seeds) { seed in
                try await link(side, seed: seed) {
                    $0.segmentByteCount = 10_000...40_000
                } during: { proxies in
                    for proxy in proxies {
                        await proxy.set(.breaking(each: limits, .toRelay, .fromRelay, by: breaking))
                    }
                }
            }
        }
    }

    static let slowLink = FaultScenario("200 kB/s, and a cut every 300 ms, on both sides") { scale in
        try await sum(scale == .short ? 0..<1 : 0..<5) { seed in
            try await link(.both, seed: seed) {
                $0.segmentByteCount = 60_000...80_000
            } during: { proxies in
                var plan = FaultPlan()
                plan.toRelay.bytesPerSecond = 200_000
                plan.fromRelay.bytesPerSecond = 200_000
                plan.breaksOneEvery = .milliseconds(300)
                for proxy in proxies { await proxy.set(plan) }
            }
        }
    }

    static let stalledLink = FaultScenario("nothing is carried for a second, again and again, on both sides") { scale in
        try await live(.both, seconds: scale == .short ? 4 : 30) { proxies in
            for proxy in proxies { await proxy.set(.stalling(.toRelay, .fromRelay)) }
            try await Task.sleep(for: .seconds(1))
            for proxy in proxies { await proxy.set(.faultless) }
            try await Task.sleep(for: .milliseconds(500))
            return 1
        }
    }

    static let halfOpenLinks = FaultScenario("half-open connections, on both sides") { scale in
        try await live(.both, seconds: scale == .short ? 5 : 60) { proxies in
            try await Task.sleep(for: .milliseconds(700))
            var count = 0
            for proxy in proxies { count += await proxy.breakAll(by: .silence) }
            // Longer than the clients' stall timeout, so that every silence is noticed before the next.
            try await Task.sleep(for: .seconds(2))
            return count
        }
    }

    static let refusedConnections = FaultScenario("connections break, and are refused for two seconds, on both sides") {
        scale in
        try await live(.both, seconds: scale == .short ? 5 : 60) { proxies in
            try await Task.sleep(for: .milliseconds(500))
            var plan = FaultPlan()
            plan.refuses = true
            var count = 0
            for proxy in proxies {
                await proxy.set(plan)
                count += await proxy.breakAll(by: .reset)
            }
            try await Task.sleep(for: .seconds(2))
            for proxy in proxies { await proxy.set(.faultless) }
            // Whoever has just been refused comes again within two seconds: a publisher that missed the gap would be away for longer
            // than the relay waits for it.
            try await Task.sleep(for: .milliseconds(2500))
            return count
        }
    }

    static let repeatedRequests = FaultScenario("requests come a second time, on both sides") { scale in
        try await live(.both, seconds: scale == .short ? 3 : 30) { proxies in
            try await Task.sleep(for: .milliseconds(50))
            var count = 0
            for proxy in proxies where await proxy.repeatLastRequest() { count += 1 }
            return count
        }
    }
}

// One channel on a relay in this process.
extension FaultScenario {
    /// Publishes some segments as fast as they go.
    private static func link(
        _ side: Side, seed: UInt64, source change: (inout ChannelRun.Source) -> Void,
        during faults: @Sendable ([FaultProxy]) async throws -> Void
    ) async throws -> (balance: Balance, faults: Int) {
        var source = ChannelRun.Source()
        change(&source)
        return try await LocalRelay.with { relay in
            try await withProxies(to: relay.port, side, seed: seed) { publisherURL, readerURL, proxies in
                try await faults(proxies)
                let run = ChannelRun(
                    name: "link", seed: seed, source: source, publisherURL: publisherURL, readerURL: readerURL,
                    configuration: impatient)
                let balance = await run.run(within: ChannelRun.patience)
                return (balance, proxies.reduce(0) { $0 + $1.tally.breaks })
            }
        }
    }

    /// Publishes in real time while `fault` goes wrong again and again; it tells how often.
    private static func live(
        _ side: Side, seconds: Int, fault: @escaping @Sendable ([FaultProxy]) async throws -> Int
    ) async throws -> (balance: Balance, faults: Int) {
        try await LocalRelay.with { relay in
            try await withProxies(to: relay.port, side, seed: 1) { publisherURL, readerURL, proxies in
                let time = PublishingTime(.seconds(seconds))
                let run = ChannelRun(
                    name: "live", seed: 1, source: .live, time: time, publisherURL: publisherURL,
                    readerURL: readerURL, configuration: impatient)
                let faults = Task {
                    var count = 0
                    try? await time.hasBegun()
                    while !Task.isCancelled, !time.isOver {
                        do { count += try await fault(proxies) } catch { break }
                    }
                    // What comes after the faults is carried.
                    for proxy in proxies { await proxy.set(.faultless) }
                    return count
                }
                let balance = await run.run(within: .seconds(seconds) + ChannelRun.patience)
                faults.cancel()
                return (balance, await faults.value)
            }
        }
    }

    static func withProxies<Value>(
        to port: Int, _ side: Side, seed: UInt64,
        _ body: (_ publisherURL: String, _ readerURL: String, _ proxies: [FaultProxy]) async throws -> Value
    ) async throws -> Value {
        let direct = "http://127.0.0.1:\(port)"
        return try await FaultProxy.with(to: port, seed: seed) { first in
            switch side {
            case .publisher: return try await body(first.url, direct, [first])
            case .reader: return try await body(direct, first.url, [first])
            case .both:
                return try await FaultProxy.with(to: port, seed: seed &+ 1) { second in
                    try await body(first.url, second.url, [first, second])
                }
            }
        }
    }

    static func sum(
        _ seeds: Range<UInt64>, _ body: (UInt64) async throws -> (balance: Balance, faults: Int)
    ) async throws -> (balance: Balance, faults: Int) {
        var sum = (balance: Balance(), faults: 0)
        for seed in seeds {
            let (balance, faults) = try await body(seed)
            sum.balance.add(balance)
            sum.faults += faults
        }
        return sum
    }

    /// Clients that notice silence soon, so that a run is short.
    static let impatient: ClientConfiguration = {
        var configuration = ChannelRun.patientClient
        configuration.stallTimeout = .milliseconds(1500)
        return configuration
    }()
}

extension ChannelRun.Source {
    /// About 1 Mbit/s in segments of half a second.
    static let live: Self = {
        var source = ChannelRun.Source()
        source.segmentCount = .max
        source.segmentByteCount = 50_000...70_000
        source.interval = .milliseconds(10)
        return source
    }()
}
