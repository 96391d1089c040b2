import Logging
import MPEGTS
import NIOCore
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import TrickleGateway

/// Channels as endless transport streams.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct TransportStreamTests {
    private let channel = try! ChannelName("cam")

    /// A stream of groups of pictures, each a segment: tables, an IDR picture, ordinary pictures with sound between them.
    private struct Source {
        private var stream = TSBuilder()
        private var time: Int64 = 90_000

        mutating func group(pictureCount: Int = 4, hasTables: Bool = true) -> [UInt8] {
            let start = stream.bytes.count
            if hasTables {
                stream.pat()
                stream.pmt([.init(0x1B, 0x100), .init(0x0F, 0x101)])
            }
            for index in 0..<pictureCount {
                stream.pes(TestPicture.h264(index == 0 ? .idr : .ordinary), pts: time)
                stream.pes(TestPicture.audio(0xFFF1), pid: 0x101, streamID: 0xC0, pts: time, isBounded: true)
                time += 3_600
            }
            return Array(stream.bytes[start...])
        }
    }

    private func withGateway(
        window: Int = 5, _ change: (inout GatewayConfiguration) -> Void = { _ in },
        _ body: (RelayServer) async throws -> Void
    ) async throws {
        var configuration = GatewayConfiguration()
        change(&configuration)
        try await withRelayServer {
            $0.limits.windowCount = window
            $0.limits.windowDuration = .zero
        } ramps: {
            Gateway($0, configuration: configuration, logger: Logger(label: "test"))
        } _: {
            try await body($0)
        }
    }

    private func publish(_ segments: [[UInt8]], to publisher: LocalPublisher) throws {
        for bytes in segments {
            let segment = try publisher.nextSegment()
            // Not in packets: connections bring what they bring.
            for start in stride(from: 0, to: bytes.count, by: 1000) {
                try segment.write(bytes[start..<min(start + 1000, bytes.count)])
            }
            try segment.finish()
        }
    }

    @Test(arguments: ["/cam.ts", "/cam/live.ts"])
    func aViewerGetsTheNewestSegmentAndAllThatFollows(target: String) async throws {
        var source = Source()
        let segments = (0..<5).map { _ in source.group() }
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            try publish(Array(segments[..<3]), to: publisher)
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get(target))
                let head = try await client.answer()
                #expect(head.hasPrefix("HTTP/1.1 200 "))
                #expect(head.contains("\r\nContent-Type: video/mp2t\r\n"))
                try publish(Array(segments[3...]), to: publisher)
                publisher.close()
                #expect(try await client.chunkedBody() == segments[2...].flatMap { $0 })
            }
        }
    }

    @Test func aViewerOfASegmentThatGrowsBeginsAtItsLastRandomAccessPointBehindTheTables() async throws {
        var source = Source()
        let first = source.group()
        let second = source.group(hasTables: false)
        let third = source.group(hasTables: false)
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            let segment = try publisher.nextSegment()
            try segment.write(first + second)
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                _ = try await client.answer()
                try segment.write(third)
                try segment.finish()
                publisher.close()
                let body = try await client.chunkedBody()
                var tables = TSBuilder()
                tables.pat()
                tables.pmt([.init(0x1B, 0x100), .init(0x0F, 0x101)])
                #expect(body == tables.bytes + second + third)
            }
        }
    }

    @Test func aViewerWaitsForTheFirstPictureOfAChannelThatHasNone() async throws {
        var source = Source()
        let segment = source.group()
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                try publish([segment], to: publisher)
                _ = try await client.answer()
                publisher.close()
                #expect(try await client.chunkedBody() == segment)
            }
        }
    }

    @Test func aViewerOfAScrambledChannelBeginsWithItsNewestWholeSegment() async throws {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        stream.pes(TestPicture.h264(.idr), pts: 90_000, marks: .init(scrambling: 2))
        let segment = stream.bytes
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            let writer = try publisher.nextSegment()
            try writer.write(segment)
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                try writer.finish()
                #expect(try await client.answer().hasPrefix("HTTP/1.1 200 "))
                publisher.close()
                #expect(try await client.chunkedBody() == segment)
            }
        }
    }

    @Test func whatComesAfterABrokenSegmentIsMarkedAsAJump() async throws {
        var source = Source()
        let broken = source.group()
        _ = source.group()
        let next = source.group()
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            let writer = try publisher.nextSegment()
            // Up to the middle of a packet.
            try writer.write(broken[..<(broken.count - 1000)])
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                _ = try await client.answer()
                writer.abort()
                try publish([next], to: publisher)
                publisher.close()
                let body = try await client.chunkedBody()
                #expect(body.count % TransportPacket.size == 0)
                #expect(body.suffix(next.count) == next[...])
                #expect(TSComparison.continuityErrors(body).isEmpty)
                let whole = (broken.count - 1000) / TransportPacket.size * TransportPacket.size
                #expect(body.starts(with: broken[..<whole]))
                // One for each of PAT, PMT, video and sound.
                #expect(body.count == whole + 4 * TransportPacket.size + next.count)
            }
        }
    }

    @Test func aViewerGoesOnWithAPublisherThatDiedAndBeginsToCountAnew() async throws {
        var source = Source()
        let segments = (0..<4).map { _ in source.group() }
        let broken = source.group()
        let anew = [source.group(), source.group()]
        try await withGateway(window: 2) { relay in
            let publisher = try relay.publisher(of: channel)
            try publish(segments, to: publisher)
            let writer = try publisher.nextSegment()
            try writer.write(broken[..<(2 * TransportPacket.size)])
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                _ = try await client.answer()
                try await relay.tells("trickle_viewers 1")
                writer.abort()
                publisher.release(.leave)
                try await PlainClient.with(relay) { publisher in
                    try await publisher.post(anew[0], to: "/cam/0")
                    try await publisher.post(anew[1], to: "/cam/1")
                }
                try relay.publisher(of: channel).close()
                let body = try await client.chunkedBody()
                #expect(body.count % TransportPacket.size == 0)
                #expect(body.suffix(anew[0].count + anew[1].count) == (anew[0] + anew[1])[...])
                #expect(TSComparison.continuityErrors(body).isEmpty)
            }
        }
    }

    @Test func aViewerThatFallsBehindGoesOnAtTheBeginningOfASegment() async throws {
        var source = Source()
        // More than the kernel keeps for a client that does not read.
        var null = TSBuilder()
        null.null()
        let filling = [[UInt8]](repeating: null.bytes, count: 400).flatMap { $0 }
        let long = source.group() + [[UInt8]](repeating: filling, count: 200).flatMap { $0 }
        let segments = (0..<6).map { _ in source.group() }
        try await withGateway(window: 1) { relay in
            let publisher = try relay.publisher(of: channel)
            let writer = try publisher.nextSegment()
            for start in stride(from: 0, to: long.count, by: 64_000) {
                try writer.write(long[start..<min(start + 64_000, long.count)])
            }
            try await PlainClient.with(relay, receiveBuffer: 4096) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                _ = try await client.answer()
                try writer.finish()
                try publish(segments, to: publisher)
                publisher.close()
                let body = try await client.chunkedBody()
                #expect(body.count % TransportPacket.size == 0)
                #expect(body.count < long.count)
                #expect(body.suffix(segments[5].count) == segments[5][...])
                #expect(TSComparison.continuityErrors(body).isEmpty)
            }
        }
    }

    @Test func aChannelThatIsNoTransportStreamOrNotThereIsNotFound() async throws {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel, contentType: "text/plain")
            try publish([Array("not packets".utf8)], to: publisher)
            try await PlainClient.with(relay) { client in
                for target in ["/cam.ts", "/other.ts", "/other/live.ts"] {
                    try await client.send(PlainRequest.get(target))
                    #expect(try await client.read(to: "\n\r\n").hasPrefix("HTTP/1.1 404 "), "\(target)")
                    _ = try await client.read(to: "\n")
                }
            }
        }
    }

    @Test(arguments: [503, 404])
    func oneViewerTooManyIsTurnedAwayAndReadinessSaysBefore(status: Int) async throws {
        var source = Source()
        let segment = source.group()
        try await withGateway {
            $0.softViewerLimit = 1
            $0.hardViewerLimit = 2
            $0.statusWhenFull = status
        } _: { relay in
            let publisher = try relay.publisher(of: channel)
            try publish([segment], to: publisher)
            let port = try await relay.serveMetrics(host: "127.0.0.1", port: 0)
            func readiness() async throws -> String {
                try await PlainClient.with(port: port) { client in
                    try await client.send(PlainRequest.get("/readyz"))
                    return String(try await client.answer().dropFirst(9).prefix(3))
                }
            }
            #expect(try await readiness() == "200")
            try await PlainClient.with(relay) { first in
                try await first.send(PlainRequest.get("/cam.ts"))
                _ = try await first.answer()
                #expect(try await readiness() == "503")
                try await relay.tells("trickle_viewers 1")
                try await PlainClient.with(relay) { second in
                    try await second.send(PlainRequest.get("/cam.ts"))
                    #expect(try await second.answer().hasPrefix("HTTP/1.1 200 "))
                    try await PlainClient.with(relay) { third in
                        try await third.send(PlainRequest.get("/cam.ts"))
                        #expect(try await third.answer().hasPrefix("HTTP/1.1 \(status) "))
                    }
                }
            }
            try await relay.tells("trickle_viewers 0")
            #expect(try await readiness() == "200")
        }
    }

    @Test func theyCanBeSwitchedOff() async throws {
        try await withGateway {
            $0.servesTransportStreams = false
        } _: { relay in
            _ = try relay.publisher(of: channel)
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                #expect(try await client.answer().hasPrefix("HTTP/1.1 405 "))
            }
        }
    }
}
