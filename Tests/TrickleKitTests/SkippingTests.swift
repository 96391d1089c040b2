import Testing
import TrickleKit
import TrickleTesting

/// A reader passes over a part of a segment.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct SkippingTests {
    private let channel = try! ChannelName("cam")

    @Test func theBytesBetweenAreNotTransferred() async throws {
        let bytes = patternedBytes(8 << 20)
        try await withRelay { relay in
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            try await publisher.open()
            let writer = try await publisher.nextSegment()
            try await writer.write(Array(bytes.dropLast(10)))
            try await waitUntilThere(bytes.count - 10, relay)
            let subscriber = Subscriber(relay: relay, channel: channel, from: .exact(0), configuration: .unhurried)
            var segments = subscriber.makeAsyncIterator()
            let segment = try #require(try await segments.next())
            var pieces = segment.body.makeAsyncIterator()
            #expect(try await pieces.next()?.isEmpty == false)

            #expect(try await segment.body.skip(to: bytes.count - 1000))
            try await writer.write(Array(bytes.suffix(10)))
            try await writer.finish()
            #expect(try await segment.body.readAll() == Array(bytes.suffix(1000)))
            #expect(subscriber.statistics.bytes < 2 << 20)
            #expect(subscriber.statistics.isLossless)

            // Back again, after the end.
            #expect(try await segment.body.skip(to: 5 << 20))
            #expect(try await segment.body.readAll() == Array(bytes[(5 << 20)...]))
            try await publisher.close()
            #expect(try await segments.next() == nil)
        }
    }

    /// What was written is on its way for a while.
    private func waitUntilThere(_ byteCount: Int, _ relay: RelayURL) async throws {
        while true {
            var segments = Subscriber(relay: relay, channel: channel, from: .exact(0), configuration: .unhurried)
                .makeAsyncIterator()
            if let size = try await segments.next()?.size, size >= byteCount { return }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
