import Testing
import TrickleKit
import TrickleTesting

@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct LivePublisherTests {
    private let channel = try! ChannelName("cam")

    @Test func aRelayThatTakesNothingCostsWholeSegmentsAndTheirNumbersAreEnded() async throws {
        try await withRelay { relay in
            try await FaultProxy.with(to: relay.port) { proxy in
                let publisher = Publisher(relay: try RelayURL(proxy.url), channel: channel, configuration: .unhurried)
                try await publisher.open()
                let live = LivePublisher(publisher, maximumBehind: 2)
                async let sending: Void = live.run()
                // More than all buffers on the way hold, so that the sender is stuck in the first of them.
                let segments = (0..<8).map { patternedBytes(6 << 20, seed: $0 + 1) }
                await proxy.set(.stalling(.toRelay))
                for segment in segments {
                    live.begin()
                    live.write(segment)
                }
                live.finish()
                #expect(live.droppedCount >= 5)
                await proxy.set(.faultless)
                let received = try await Subscriber(
                    relay: relay, channel: channel, from: .exact(0), configuration: .unhurried
                ).read(
                    segments.count)
                try await sending
                try await publisher.close()
                let whole = received.filter { !$0.bytes.isEmpty }
                #expect(received.map(\.sequence.value) == Array(0..<8))
                #expect(whole.count == segments.count - live.droppedCount)
                #expect(whole.allSatisfy { $0.bytes == segments[$0.sequence.value] })
                #expect(whole.last?.sequence == 7)
            }
        }
    }
}

extension Subscriber {
    /// The sequence numbers and bytes of the first segments.
    fileprivate func read(_ count: Int) async throws -> [(sequence: SequenceNumber, bytes: [UInt8])] {
        var segments: [(SequenceNumber, [UInt8])] = []
        for try await segment in self {
            segments.append((segment.sequence, try await segment.body.readAll()))
            if segments.count == count { break }
        }
        return segments
    }
}
