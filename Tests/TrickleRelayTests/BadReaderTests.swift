import NIOCore
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// A reader that does not read costs a cursor, and is let go.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct BadReaderTests {
    /// More than the kernel's buffers of both sides take for a client that does not read.
    private static let block = ByteBuffer(repeating: 7, count: 256 << 10)
    private static let blockCount = 64

    private func settings(_ configuration: inout RelayConfiguration) {
        configuration.limits.windowDuration = .zero
        configuration.limits.windowCount = 1
        configuration.limits.segmentByteCount = 1 << 30
        configuration.limits.windowByteCount = 1 << 30
    }

    /// Publishes a segment of 16 MiB.
    private func publish(_ publisher: LocalPublisher, finishes: Bool) throws -> LocalSegmentWriter {
        let segment = try publisher.nextSegment()
        for _ in 0..<Self.blockCount { try segment.write(Self.block) }
        if finishes { try segment.finish() }
        return segment
    }

    @Test func aReaderThatStopsReadingIsCutAfterTheReaderTimeout() async throws {
        try await withRelayServer {
            settings(&$0)
            $0.readerTimeout = .milliseconds(100)
        } _: { relay in
            let publisher = try relay.publisher(of: try ChannelName("cam"))
            try await PlainClient.with(relay, receiveBuffer: 4096) { reader in
                try await reader.send(PlainRequest.get("/cam/0"))
                let segment = try publish(publisher, finishes: false)
                try await relay.tells("trickle_readers_stalled_total 1")
                try await relay.tells("trickle_subscribers 0")
                #expect(await !reader.rest().hasSuffix("\r\n0\r\n\r\n"))
                try segment.finish()
            }
        }
    }

    @Test func aReaderThatReadsByteByByteIsCutAfterTheReaderTimeout() async throws {
        try await withRelayServer {
            settings(&$0)
            $0.readerTimeout = .milliseconds(100)
        } _: { relay in
            let publisher = try relay.publisher(of: try ChannelName("cam"))
            try await PlainClient.with(relay, receiveBuffer: 4096, readSize: 1) { reader in
                try await reader.send(PlainRequest.get("/cam/0"))
                let segment = try publish(publisher, finishes: false)
                while await !relay.metrics().contains("trickle_readers_stalled_total 1\n") {
                    _ = try await reader.next()
                }
                try segment.finish()
            }
        }
    }

    @Test func aReaderThatTheWindowMovesPastIsCutWithoutTheLastChunk() async throws {
        try await withRelayServer {
            settings(&$0)
        } _: { relay in
            let publisher = try relay.publisher(of: try ChannelName("cam"))
            try await PlainClient.with(relay, receiveBuffer: 4096) { reader in
                try await reader.send(PlainRequest.get("/cam/0"))
                let segment = try publish(publisher, finishes: true)
                _ = segment
                try await relay.tells("trickle_subscribers 1")
                _ = try publish(publisher, finishes: true)
                _ = try publish(publisher, finishes: true)
                try await relay.tells("trickle_readers_cut_total 1")
                try await relay.tells(#"trickle_channel_cut_total{channel="cam"} 1"#)
                try await relay.tells("trickle_subscribers 0")
                #expect(await !reader.rest().hasSuffix("\r\n0\r\n\r\n"))
            }
        }
    }

    @Test func aReaderThatLeavesWhileItWaitsIsForgotten() async throws {
        try await withRelayServer { relay in
            _ = try relay.publisher(of: try ChannelName("cam"))
            try await PlainClient.with(relay) { reader in
                try await reader.send(PlainRequest.get("/cam/0"))
                try await relay.tells("trickle_subscribers 1")
            }
            try await relay.tells("trickle_subscribers 0")
            try await relay.tells("trickle_connections 0")
        }
    }

    @Test func theLogSaysWhoWasSlowByHowMuchAndOnWhichSide() async throws {
        let lines = LogLines()
        try await withRelayServer({ settings(&$0) }, logger: lines.logger) { relay in
            let publisher = try relay.publisher(of: try ChannelName("cam"))
            try await PlainClient.with(relay, receiveBuffer: 4096) { reader in
                try await reader.send(PlainRequest.get("/cam/0"))
                _ = try publish(publisher, finishes: true)
                try await relay.tells("trickle_subscribers 1")
                for _ in 0..<2 { _ = try publish(publisher, finishes: true) }
                try await relay.tells("trickle_readers_cut_total 1")
            }
        }
        let line = try #require(lines.all.first { $0.contains("too slow") })
        for part in ["side=subscriber", "channel=cam", "segment=0", "client=127.0.0.1", "behind_bytes=", "sent_bytes="]
        {
            #expect(line.contains(part), "\(line)")
        }
    }

    @Test func theLogTellsOfAPublisherThatIsSilentInTheMiddleOfASegment() async throws {
        let lines = LogLines()
        try await withRelayServer({ $0.silenceToTell = .milliseconds(1) }, logger: lines.logger) { relay in
            try await PlainClient.with(relay) { publisher in
                try await publisher.send(PlainRequest.post("/cam/0") + PlainRequest.chunk("x"))
                while !lines.all.contains(where: { $0.contains("is silent") && $0.contains("side=publisher") }) {
                    try await Task.sleep(for: .milliseconds(10))
                }
                try await publisher.send(PlainRequest.chunk("y"))
                while !lines.all.contains(where: { $0.contains("goes on") && $0.contains("silent_ms=") }) {
                    try await Task.sleep(for: .milliseconds(10))
                }
            }
        }
    }
}
