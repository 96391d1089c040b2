import NIOConcurrencyHelpers
import NIOCore
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// What ramps answer, and channels as endless bodies.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct RampTests {
    private let channel = try! ChannelName("cam")

    /// Answers as a test says.
    private struct TestRamps: RelayRamps {
        let answers: @Sendable (RampRequest) async -> RampResponse?
        func answer(_ request: RampRequest) async -> RampResponse? { await answers(request) }
    }

    private func withRamps(
        _ answers: @escaping @Sendable (RampRequest) async -> RampResponse?,
        window: Int? = nil,
        _ body: (RelayServer) async throws -> Void
    ) async throws {
        try await withRelayServer(
            { configuration in
                guard let window else { return }
                configuration.limits.windowCount = window
                configuration.limits.windowDuration = .zero
            }, ramps: { _ in TestRamps(answers: answers) }, body)
    }

    /// `GET /cam.ts` as an endless body of whole numbers of `unit` bytes.
    private func streaming(
        unit: Int = 4, preamble: String = "", resume: (@Sendable (ChannelStream.Gap) async -> ChannelStream?)? = nil
    ) -> @Sendable (RampRequest) async -> RampResponse? {
        { [channel] request in
            guard request.path == ["cam.ts"] else { return nil }
            let stream = ChannelStream(
                channel: channel, number: .zero, preamble: ByteBuffer(string: preamble), unit: unit, resume: resume)
            return RampResponse(fields: [(name: "Content-Type", value: "video/mp2t")], .stream(stream))
        }
    }

    private func publish(_ texts: [String], to publisher: LocalPublisher) throws {
        let segment = try publisher.nextSegment()
        for text in texts { try segment.write(text.utf8) }
        try segment.finish()
    }

    @Test func theyGetWhatTheProtocolHasNoMeaningFor() async throws {
        let asked = NIOLockedValueBox<[String]>([])
        try await withRamps { request in
            asked.withLockedValue { $0.append(request.path.joined(separator: "|") + (request.query["a"] ?? "")) }
            return RampResponse(.bytes(ByteBuffer(string: "ramp")))
        } _: { relay in
            try await PlainClient.with(relay) { client in
                for target in ["/", "/cam", "/cam/index.m3u8?a=%31", "/c%20m/x/y/"] {
                    try await client.send(PlainRequest.get(target))
                    #expect(try await client.read(to: "ramp").hasPrefix("HTTP/1.1 200 "))
                }
                try await client.send(PlainRequest.get("/cam/next"))
                #expect(try await client.read(to: "Stream not found\n").hasPrefix("HTTP/1.1 404 "))
                try await client.send("POST /cam/nonsense HTTP/1.1\r\nHost: relay\r\nContent-Length: 0\r\n\r\n")
                #expect(try await client.answer().hasPrefix("HTTP/1.1 400 "))
            }
        }
        #expect(asked.withLockedValue { $0 } == ["", "cam", "cam|index.m3u81", "c m|x|y"])
    }

    @Test func withoutAnAnswerTheRelayRefusesAsItWouldWithoutRamps() async throws {
        try await withRamps { _ in
            nil
        } _: { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam"))
                #expect(try await client.answer().hasPrefix("HTTP/1.1 405 "))
            }
        }
    }

    @Test func aHeadIsToldTheLengthAndGetsNoBody() async throws {
        try await withRamps {
            RampResponse(status: $0.isHead ? 200 : 404, .bytes(ByteBuffer(string: "ramp")))
        } _: {
            relay in
            try await PlainClient.with(relay) { client in
                try await client.send("HEAD / HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n")
                let answer = await client.rest()
                #expect(answer.contains("\r\nContent-Length: 4\r\n"))
                #expect(answer.hasSuffix("\r\n\r\n"))
            }
        }
    }

    @Test func aSegmentKeepsTheProtocolsRangesUnderTheRampsFields() async throws {
        try await withRamps { [channel] _ in
            RampResponse(
                fields: [(name: "Content-Type", value: "video/mp2t"), (name: "Cache-Control", value: "max-age=9")],
                .segment(channel, .zero))
        } _: { relay in
            let publisher = try relay.publisher(of: channel, contentType: "text/plain")
            try publish(["0123456789"], to: publisher)
            try await PlainClient.with(relay) { client in
                try await client.send("GET /cam/0.ts HTTP/1.1\r\nHost: relay\r\nRange: bytes=2-4\r\n\r\n")
                let answer = try await client.read(to: "\r\n\r\n234")
                #expect(answer.hasPrefix("HTTP/1.1 206 "))
                #expect(answer.contains("\r\nContent-Type: video/mp2t\r\n"))
                #expect(answer.contains("\r\nCache-Control: max-age=9\r\n"))
                #expect(!answer.contains("text/plain"))
                #expect(!answer.contains("public"))
                try await client.send("HEAD /cam/0.ts HTTP/1.1\r\nHost: relay\r\n\r\n")
                #expect(try await client.answer().contains("\r\nContent-Type: video/mp2t\r\n"))
            }
        }
    }

    @Test func aStreamGoesFromSegmentToSegmentUpToTheChannelsEnd() async throws {
        try await withRamps(streaming(preamble: "TABLES")) { relay in
            let publisher = try relay.publisher(of: channel)
            try publish(["aaaabb", "bbc", "ccc"], to: publisher)
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                let head = try await client.answer()
                #expect(head.contains("\r\nContent-Type: video/mp2t\r\n"))
                try publish(["dddd"], to: publisher)
                try publish(["eeee", "ffff"], to: publisher)
                publisher.close()
                #expect(
                    String(decoding: try await client.chunkedBody(), as: UTF8.self) == "TABLESaaaabbbbccccddddeeeeffff")
                #expect(await client.rest() == "")
            }
        }
    }

    @Test func aPlayerOfOldGetsTheBytesAlone() async throws {
        try await withRamps(streaming(preamble: "TABLES")) { relay in
            let publisher = try relay.publisher(of: channel)
            try publish(["aaaabb", "bb"], to: publisher)
            try await PlainClient.with(relay) { client in
                try await client.send("GET /cam.ts HTTP/1.0\r\n\r\n")
                #expect(!(try await client.answer().contains("chunked")))
                publisher.close()
                #expect(await client.rest() == "TABLESaaaabbbb")
            }
        }
    }

    @Test func nothingIsTornWhereASegmentBreaksOff() async throws {
        let gaps = NIOLockedValueBox<[ChannelStream.Gap]>([])
        let resume: @Sendable (ChannelStream.Gap) async -> ChannelStream? = { [channel] gap in
            gaps.withLockedValue { $0.append(gap) }
            return ChannelStream(
                channel: channel, number: SequenceNumber("1")!, offset: 4, preamble: ByteBuffer(string: "GAP"), unit: 4)
        }
        try await withRamps(streaming(resume: resume)) { relay in
            let publisher = try relay.publisher(of: channel)
            let broken = try publisher.nextSegment()
            try broken.write("aaaabb".utf8)
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                _ = try await client.answer()
                broken.abort()
                try publish(["ccccdddd"], to: publisher)
                #expect(String(decoding: try await client.chunkedBody(to: "dddd"), as: UTF8.self) == "aaaaGAPdddd")
                publisher.close()
                #expect(try await client.chunkedBody().isEmpty)
            }
        }
        #expect(gaps.withLockedValue { $0 } == [.lost(before: SequenceNumber("1")!)])
    }

    @Test func aBrokenSegmentEndsAStreamThatCannotGoOn() async throws {
        try await withRamps(streaming()) { relay in
            let publisher = try relay.publisher(of: channel)
            let broken = try publisher.nextSegment()
            try broken.write("aaaabb".utf8)
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                _ = try await client.answer()
                broken.abort()
                #expect(await client.rest() == "4\r\naaaa\r\n")
            }
        }
    }

    @Test func aViewerThatTheWindowPassesGoesOnWhereItIsTold() async throws {
        let gaps = NIOLockedValueBox<[ChannelStream.Gap]>([])
        let resume: @Sendable (ChannelStream.Gap) async -> ChannelStream? = { [channel] gap in
            let count = gaps.withLockedValue { gaps in
                gaps.append(gap)
                return gaps.count
            }
            guard count == 1 else { return nil }
            return ChannelStream(
                channel: channel, number: SequenceNumber("9")!, preamble: ByteBuffer(string: "GAP!"), unit: 4)
        }
        try await withRamps(streaming(resume: resume), window: 1) { relay in
            let publisher = try relay.publisher(of: channel)
            // More than the kernel keeps for a client that does not read.
            let many = [String](repeating: String(repeating: "abcd", count: 25_001), count: 160)
            let first = try publisher.nextSegment()
            for text in many { try first.write(text.utf8) }
            try await PlainClient.with(relay, receiveBuffer: 4096) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                _ = try await client.answer()
                try first.finish()
                for _ in 1..<9 { try publish(["lost"], to: publisher) }
                try publish(["last"], to: publisher)
                let payload = String(decoding: try await client.chunkedBody(to: "last"), as: UTF8.self)
                publisher.close()
                #expect(try await client.chunkedBody().isEmpty)
                #expect(payload.suffix(12) == "abcdGAP!last")
                #expect(payload.utf8.count % 4 == 0)
                #expect(payload.utf8.count < 160 * 100_004)
            }
        }
        #expect(gaps.withLockedValue { $0 } == [.fellBehind])
    }

    @Test func aViewerIsLetGoOfWhenItLeaves() async throws {
        final class Viewer: Sendable {
            let left: @Sendable () -> Void
            init(_ left: @escaping @Sendable () -> Void) { self.left = left }
            deinit { left() }
        }
        let (departures, departed) = AsyncStream<Void>.makeStream()
        try await withRamps { [channel] _ in
            RampResponse(
                .stream(ChannelStream(channel: channel, number: .zero, viewer: Viewer { departed.yield() })))
        } _: { relay in
            let publisher = try relay.publisher(of: channel)
            try publish(["aaaa"], to: publisher)
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                _ = try await client.read(to: "aaaa")
            }
            for await _ in departures { break }
            try await relay.tells("trickle_subscribers 0")
        }
    }

    @Test func aChannelThatEndsBehindABrokenSegmentEndsTheStreamProperly() async throws {
        let (closings, closed) = AsyncStream<Void>.makeStream()
        let resume: @Sendable (ChannelStream.Gap) async -> ChannelStream? = { _ in
            for await _ in closings { break }
            return nil
        }
        try await withRamps(streaming(resume: resume)) { relay in
            let publisher = try relay.publisher(of: channel)
            let broken = try publisher.nextSegment()
            try broken.write("aaaabb".utf8)
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam.ts"))
                _ = try await client.read(to: "aaaa\r\n")
                broken.abort()
                publisher.close()
                closed.yield()
                #expect(await client.rest() == "0\r\n\r\n")
            }
        }
    }

    @Test func aDerivedChannelIsReadAndNeitherListedNorWrittenByOthers() async throws {
        try await withRamps { _ in
            nil
        } _: { relay in
            let derived = ChannelName.derived("mp4", from: channel)
            let publisher = try relay.publisher(of: derived)
            try publish(["made"], to: publisher)
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/_channels"))
                #expect(try await client.read(to: "}").hasSuffix(#"{"channels":[],"next":1}"#))
                try await client.send(PlainRequest.get("/_mp4:cam/0"))
                #expect(try await client.read(to: "made").hasPrefix("HTTP/1.1 200 "))
                try await client.send(PlainRequest.post("/_mp4:cam/1") + PlainRequest.lastChunk)
                #expect(try await client.answer().hasPrefix("HTTP/1.1 403 "))
            }
            publisher.close()
        }
    }
}
