import Logging
import NIOCore
import Testing
import TrickleCore
import TrickleRelay

/// Publishing and subscribing within the relay's own program keep the semantics of the wire.
@Suite struct LocalClientTests {
    private let channel = try! ChannelName("cam")

    private func withRelay(threads: Int = 2, _ body: (RelayServer) async throws -> Void) async throws {
        var configuration = RelayConfiguration()
        configuration.host = "127.0.0.1"
        configuration.port = 0
        configuration.threadCount = threads
        // However slow the machine, what a test has closed stays readable for it.
        configuration.limits.drainDuration = .seconds(3600)
        let relay = try RelayServer.start(configuration: configuration, logger: Logger(label: "test"))
        do { try await body(relay) } catch {
            await relay.shutDown()
            throw error
        }
        await relay.shutDown()
    }

    private func text(_ segment: LocalSegment) async throws -> String {
        var text = ""
        for try await bytes in segment.body { text += String(buffer: bytes) }
        return text
    }

    @Test func segmentsComeInOrderAndTheChannelsEndIsTheEnd() async throws {
        try await withRelay { relay in
            let publisher = try relay.publisher(of: channel, contentType: "text/plain")
            for number in 0..<3 {
                let segment = try publisher.nextSegment()
                try segment.write("one \(number), ".utf8)
                try segment.write("two \(number)".utf8)
                try segment.finish()
            }
            let subscriber = relay.subscriber(to: channel, from: .exact(0))
            publisher.close()
            var seen: [String] = []
            for try await segment in subscriber {
                #expect(segment.contentType == "text/plain")
                seen.append("\(segment.sequence): \(try await text(segment))")
            }
            #expect(seen == ["0: one 0, two 0", "1: one 1, two 1", "2: one 2, two 2"])
        }
    }

    @Test func bytesArriveBeforeTheSegmentsEnd() async throws {
        try await withRelay { relay in
            let publisher = try relay.publisher(of: channel)
            let writer = try publisher.nextSegment()
            try writer.write("first".utf8)
            var segments = relay.subscriber(to: channel, from: .current).makeAsyncIterator()
            let segment = try #require(try await segments.next())
            #expect(segment.size == 5)
            var body = segment.body.makeAsyncIterator()
            #expect(try await body.next().map { String(buffer: $0) } == "first")
            let second = Task {
                var body = segment.body.makeAsyncIterator()
                return try await body.next()
            }
            try writer.write("second".utf8)
            #expect(try await second.value.map { String(buffer: $0) } == "second")
            try writer.finish()
            #expect(try await body.next() == nil)
        }
    }

    @Test func aWriterThatIsLetGoAbortsItsSegment() async throws {
        try await withRelay { relay in
            let publisher = try relay.publisher(of: channel)
            var writer: LocalSegmentWriter? = try publisher.nextSegment()
            try writer?.write("half".utf8)
            writer = nil
            var segments = relay.subscriber(to: channel, from: .current).makeAsyncIterator()
            let segment = try #require(try await segments.next())
            await #expect {
                _ = try await text(segment)
            } throws: {
                ($0 as? TrickleError)?.code == .segmentAborted
            }
        }
    }

    @Test func aSubscriberThatWaitsIsHandedTheSegmentThatComes() async throws {
        try await withRelay { relay in
            let publisher = try relay.publisher(of: channel)
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        var segments = relay.subscriber(to: channel, from: .exact(0)).makeAsyncIterator()
                        return try await text(try #require(try await segments.next()))
                    }
                }
                let writer = try publisher.nextSegment()
                for number in 0..<100 { try writer.write("\(number) ".utf8) }
                try writer.finish()
                let expected = (0..<100).map { "\($0) " }.joined()
                for try await text in group { #expect(text == expected) }
            }
        }
    }

    @Test func cancellingATaskThatWaitsEndsItsWait() async throws {
        try await withRelay { relay in
            _ = try relay.publisher(of: channel)
            let task = Task {
                var segments = relay.subscriber(to: channel).makeAsyncIterator()
                return try await segments.next()
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { _ = try await task.value }
        }
    }

    @Test func aChannelThatIsNotThereIsAnError() async throws {
        try await withRelay { relay in
            await #expect {
                var segments = relay.subscriber(to: channel).makeAsyncIterator()
                _ = try await segments.next()
            } throws: {
                ($0 as? TrickleError)?.code == .channelNotFound
            }
            #expect(throws: TrickleError.self) { _ = try relay.publisher(of: .changefeed) }
        }
    }

    @Test func aClosedChannelEndsItsPublisher() async throws {
        try await withRelay { relay in
            let publisher = try relay.publisher(of: channel)
            let writer = try publisher.nextSegment()
            try writer.write("x".utf8)
            publisher.close()
            #expect {
                try writer.write("y".utf8)
            } throws: {
                ($0 as? TrickleError)?.code == .channelClosed
            }
            #expect(throws: TrickleError.self) { _ = try publisher.nextSegment() }
        }
    }
}
