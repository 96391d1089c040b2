import Testing
import TrickleKit
import TrickleTesting

/// Real bytes through a network that breaks, to a real relay.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct ResumptionTests {
    private let channel = try! ChannelName("cam")
    private let segments = (0..<4).map { patternedBytes(20_000, seed: $0 + 1) }

    private func publish(_ segments: [[UInt8]], to relay: RelayURL) async throws -> PublisherStatistics {
        let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
        try await publisher.open()
        for bytes in segments {
            let segment = try await publisher.nextSegment()
            try await segment.write(bytes)
            try await segment.finish()
        }
        try await publisher.close()
        return publisher.statistics
    }

    @Test(arguments: [ConnectionBreak.cut, .reset])
    func aPublishersConnectionsMayBreakEachThousandBytes(by breaking: ConnectionBreak) async throws {
        try await withRelay { relay in
            try await FaultProxy.with(to: relay.port) { proxy in
                await proxy.set(.breaking(each: 1000...1000, .toRelay, .fromRelay, by: breaking))
                let subscriber = Subscriber(
                    relay: relay, channel: channel, from: .exact(0), waitForChannel: TestLimit.wait)
                async let received = subscriber.readAll()
                let statistics = try await publish(segments, to: RelayURL(proxy.url))
                #expect(try await received.map(\.bytes) == segments)
                #expect(statistics.segmentsFinished == segments.count)
                #expect(statistics.segmentsAborted == 0)
                #expect(statistics.reconnections > 40)
                #expect(subscriber.statistics.isLossless)
            }
        }
    }

    @Test(arguments: [ConnectionBreak.cut, .reset])
    func aReadersConnectionsMayBreakEachThousandBytes(by breaking: ConnectionBreak) async throws {
        // On a busy machine the reader comes to its end long after the publisher has.
        try await withRelay({ $0.limits.drainDuration = .seconds(60) }) { relay in
            try await FaultProxy.with(to: relay.port) { proxy in
                await proxy.set(.breaking(each: 1000...1000, .toRelay, .fromRelay, by: breaking))
                let subscriber = Subscriber(
                    relay: try RelayURL(proxy.url), channel: channel, from: .exact(0), waitForChannel: TestLimit.wait)
                async let received = subscriber.readAll()
                _ = try await publish(segments, to: relay)
                #expect(try await received.map(\.bytes) == segments)
                #expect(subscriber.statistics.isLossless)
                #expect(subscriber.statistics.reconnections > 40)
            }
        }
    }
}
