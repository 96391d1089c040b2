import NIOConcurrencyHelpers
import NIOCore
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// What ramps answer, and channels as endless bodies.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct RampTests {
    private let channel = try! ChannelName("cam")

    private struct TestRamps: RelayRamps {
        let routes: [RampRoute]
    }

    private func withRamps(
        _ routes: [RampRoute], window: Int? = nil, _ body: (RelayServer) async throws -> Void
    ) async throws {
        try await withRelayServer(
            { configuration in
                guard let window else { return }
                configuration.limits.windowCount = window
                configuration.limits.windowDuration = .zero
            }, ramps: { _ in TestRamps(routes: routes) }, body)
    }

    private func text(_ text: String, status: Int = 200) -> RampResponse {
        RampResponse(status: status, .bytes(ByteBuffer(string: text)))
    }

    /// `GET /cam.ts` as an endless body of whole numbers of `unit` bytes.
    private func streaming(
        unit: Int = 4, preamble: String = "", resume: (@Sendable (ChannelStream.Gap) async -> ChannelStream?)? = nil
    ) -> [RampRoute] {
        [
            .channel("/{channel}.ts") { channel, _ in
                let stream = ChannelStream(
                    channel: channel, number: .zero, preamble: ByteBuffer(string: preamble), unit: unit, resume: resume)
                return RampResponse(fields: [(name: "Content-Type", value: "video/mp2t")], .stream(stream))
            }
        ]
    }

    private func publish(_ texts: [String], to publisher: LocalPublisher) throws {
        let segment = try publisher.nextSegment()
        for text in texts { try segment.write(text.utf8) }
        try segment.finish()
    }

    @Test func `a group answers and tells what each of its ramps does`() async throws {
        struct Ramp: RelayRamps {
            let routes: [RampRoute]
            let viewerCount: Int
            let isFull: Bool
            let metrics: [MetricFamily]

            init(_ name: String, viewers: Int, isFull: Bool = false) {
                routes = [RampRoute(PathPattern(stringLiteral: "/x/\(name)")) { _ in RampResponse(.bytes(.init())) }]
                viewerCount = viewers
                self.isFull = isFull
                metrics = [MetricFamily(name: name, kind: .gauge, help: "", label: "", samples: [])]
            }
        }
        let group = RampGroup([Ramp("a", viewers: 1), Ramp("b", viewers: 2, isFull: true)])
        #expect(group.routes.count == 2)
        #expect(group.viewerCount == 3)
        #expect(group.isFull)
        #expect(group.metrics.map(\.name) == ["a", "b"])
        #expect(!RampGroup([Ramp("a", viewers: 0)]).isFull)
    }

    @Test func theyGetWhatTheProtocolHasNoMeaningFor() async throws {
        let asked = NIOLockedValueBox<[String]>([])
        let patterns: [PathPattern] = ["/", "/{channel}", "/{channel}/index.m3u8", "/{channel}/x/y", "/{channel}/next"]
        let routes = patterns.map { pattern in
            RampRoute(pattern) { request in
                asked.withLockedValue { $0.append(request.path.joined(separator: "|") + (request.query["a"] ?? "")) }
                return text("ramp")
            }
        }
        try await withRamps(routes) { relay in
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

    @Test func whatNoRampHasIsRefusedAsWithoutRamps() async throws {
        try await withRamps([RampRoute("/{channel}", accept: "text/html") { _ in text("page") }]) { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam"))
                #expect(try await client.read(to: "asked here\n").hasPrefix("HTTP/1.1 405 "))
                try await client.send("GET /cam HTTP/1.1\r\nHost: relay\r\nAccept: text/html\r\n\r\n")
                #expect(try await client.read(to: "page").hasPrefix("HTTP/1.1 200 "))
                try await client.send("GET /_cam HTTP/1.1\r\nHost: relay\r\nAccept: text/html\r\n\r\n")
                #expect(try await client.answer().hasPrefix("HTTP/1.1 405 "))
            }
        }
    }

    @Test func aRouteTakesABodyOfItsMethodUpToItsLimit() async throws {
        let route = RampRoute(
            "/{channel}/notes", methods: [.post, .put], action: .publish, body: .collected(atMost: 8)
        ) { request in
            text("\(request.method.rawValue) \(request.channel!) \(String(buffer: request.body))")
        }
        try await withRamps([route]) { relay in
            try await PlainClient.with(relay) { client in
                func send(_ method: String, _ fields: String, _ body: String) async throws {
                    try await client.send("\(method) /cam/notes HTTP/1.1\r\nHost: relay\r\n\(fields)\r\n\r\n\(body)")
                }
                try await send("PUT", "Content-Length: 8", "12345678")
                #expect(try await client.read(to: "PUT cam 12345678").hasPrefix("HTTP/1.1 200 "))
                try await send("POST", "Transfer-Encoding: chunked", "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
                #expect(try await client.read(to: "POST cam abc").hasPrefix("HTTP/1.1 200 "))
                try await send("OPTIONS", "A: b", "")
                #expect(try await client.answer().contains("\r\nAllow: POST, PUT, OPTIONS\r\n"))
                try await client.send(PlainRequest.get("/cam/notes"))
                #expect(try await client.read(to: "or 'next'\n").hasPrefix("HTTP/1.1 400 "))
                try await send("POST", "Content-Length: 9", "123456789")
                let answer = await client.rest()
                #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("\r\nConnection: close\r\n"))
            }
        }
    }

    @Test func aConnectionGoesOnWithAnotherProtocol() async throws {
        let route = RampRoute("/{channel}/echo", upgrade: "echo") { _ in RampResponse(.protocolSwitch(.echo)) }
        try await withRamps([route]) { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam/echo"))
                let refusal = try await client.read(to: "Connection and Upgrade\n")
                #expect(refusal.hasPrefix("HTTP/1.1 426 ") && refusal.contains("\r\nUpgrade: echo\r\n"))
                // What comes behind the head is the other protocol's, be it with the head or later.
                try await client.send(
                    "GET /cam/echo HTTP/1.1\r\nHost: relay\r\nConnection: keep-alive, Upgrade\r\nUpgrade: Echo\r\n\r\n"
                        + "GET /")
                let answer = try await client.read(to: "GET /")
                #expect(
                    answer.hasPrefix("HTTP/1.1 101 ") && answer.contains("\r\nConnection: Upgrade\r\nUpgrade: echo\r\n")
                )
                try await client.send("none/0 HTTP/1.1\r\n\r\n")
                #expect(try await client.read(to: "none/0 HTTP/1.1\r\n\r\n") == "none/0 HTTP/1.1\r\n\r\n")
                // It ends when the relay does.
                async let end: Void = relay.shutDown()
                #expect(await client.rest() == "")
                await end
            }
        }
    }

    @Test func aFileIsSentWithItsRanges() async throws {
        let folder = TemporaryFolder()
        let text = String(repeating: "0123456789", count: 100_000)
        TemporaryFolder.write(text.utf8, to: folder("clip"))
        let routes = ["clip", "none", ""].map { name in
            RampRoute(PathPattern(stringLiteral: "/files/a\(name)")) { [path = folder(name)] _ in
                RampResponse(fields: [(name: "ETag", value: "\"1\"")], .file(path: path))
            }
        }
        try await withRamps(routes) { relay in
            try await PlainClient.with(relay) { client in
                func get(_ method: String = "GET", _ fields: String = "A: b") async throws {
                    try await client.send("\(method) /files/aclip HTTP/1.1\r\nHost: relay\r\n\(fields)\r\n\r\n")
                }
                try await get("HEAD")
                #expect(try await client.answer().contains("\r\nContent-Length: 1000000\r\n"))
                try await get("GET", "Range: bytes=3-5")
                let part = try await client.read(to: "\r\n\r\n345")
                #expect(part.hasPrefix("HTTP/1.1 206 ") && part.contains("\r\nContent-Range: bytes 3-5/1000000\r\n"))
                try await get("GET", "Range: bytes=1000000-")
                #expect(try await client.read(to: "1000000 bytes\n").hasPrefix("HTTP/1.1 416 "))
                for name in ["none", ""] {
                    try await client.send(PlainRequest.get("/files/a\(name)"))
                    #expect(try await client.read(to: "is not here\n").hasPrefix("HTTP/1.1 404 "))
                }
                try await get("GET", "Range: bytes=3-5\r\nIf-Range: \"2\"\r\nConnection: close")
                let whole = await client.rest()
                #expect(whole.hasPrefix("HTTP/1.1 200 ") && whole.hasSuffix("\r\n\r\n" + text))
            }
        }
    }

    @Test func aHeadIsToldTheLengthAndGetsNoBody() async throws {
        try await withRamps([RampRoute("/") { text("ramp", status: $0.isHead ? 200 : 404) }]) { relay in
            try await PlainClient.with(relay) { client in
                try await client.send("HEAD / HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n")
                let answer = await client.rest()
                #expect(answer.contains("\r\nContent-Length: 4\r\n"))
                #expect(answer.hasSuffix("\r\n\r\n"))
            }
        }
    }

    @Test func aSegmentKeepsTheProtocolsRangesUnderTheRampsFields() async throws {
        let route = RampRoute.channel("/{channel}/{number}.ts") { channel, request in
            RampResponse(
                fields: [(name: "Content-Type", value: "video/mp2t"), (name: "Cache-Control", value: "max-age=9")],
                .segment(channel, request.number!))
        }
        try await withRamps([route]) { relay in
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
        let route = RampRoute.channel("/{channel}.ts") { channel, _ in
            RampResponse(
                .stream(ChannelStream(channel: channel, number: .zero, viewer: Viewer { departed.yield() })))
        }
        try await withRamps([route]) { relay in
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
        try await withRamps([]) { relay in
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
