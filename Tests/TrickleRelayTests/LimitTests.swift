import Logging
import NIOCore
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// Each limit has its answer: a client that goes beyond it is told, and the relay takes no harm.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct LimitTests {
    /// The relay's answer to the last of `requests`, each of which is sent on a connection of its own that stays open.
    private func answer(
        to requests: [String], expecting end: String = "\r\n\r\n", _ change: (inout RelayConfiguration) -> Void
    ) async throws -> String {
        try await withRelayServer(change) { relay in try await answer(to: requests[...], of: relay) }
    }

    private func answer(to requests: ArraySlice<String>, of relay: RelayServer) async throws -> String {
        try await PlainClient.with(relay) { client in
            try await client.send(requests.first!)
            if requests.count == 1 { return try await client.read(to: "\r\n\r\n") }
            // What the relay has taken in shows in what it tells of itself.
            try await relay.hasTakenIn(requests.first!)
            return try await answer(to: requests.dropFirst(), of: relay)
        }
    }

    @Test func aSegmentThatIsAnnouncedAsTooLargeGets413() async throws {
        let post = "POST /cam/0 HTTP/1.1\r\nHost: relay\r\nContent-Length: 101\r\n\r\n"
        let head = try await answer(to: [post]) { $0.limits.segmentByteCount = 100 }
        #expect(head.hasPrefix("HTTP/1.1 413 "))
        #expect(head.contains("Connection: close\r\n"))
    }

    @Test(arguments: ["9223372036854775807", "9223372036854775808", "18446744073709551615"])
    func aLengthThatNoNumberHoldsGets413(length: String) async throws {
        let post = "POST /cam/0 HTTP/1.1\r\nHost: relay\r\nContent-Length: \(length)\r\n\r\n"
        let head = try await answer(to: [post]) { _ in }
        #expect(head.hasPrefix("HTTP/1.1 413 "))
        #expect(head.contains("Connection: close\r\n"))
    }

    @Test func aSegmentThatBecomesTooLargeGets413AndEndsAsAborted() async throws {
        try await withRelayServer {
            $0.limits.segmentByteCount = 100
        } _: { relay in
            try await PlainClient.with(relay) { publisher in
                let chunk = PlainRequest.chunk(String(repeating: "x", count: 60))
                try await publisher.send(PlainRequest.post("/cam/0") + chunk)
                try await relay.hasTakenIn("x")
                try await publisher.send(chunk)
                #expect(try await publisher.answer().hasPrefix("HTTP/1.1 413 "))
            }
            #expect(await relay.metrics().contains("\ntrickle_aborted_total 1\n"))
            #expect(await relay.metrics().contains(#"refusals_total{status="413",reason="segment_bytes"} 1"#))
        }
    }

    @Test func oneChannelTooManyGets503() async throws {
        let head = try await answer(to: [PlainRequest.create("/a"), PlainRequest.create("/b")]) {
            $0.limits.channelCount = 2  // the changefeed is one of them
        }
        #expect(head.hasPrefix("HTTP/1.1 503 "))
        #expect(head.contains("Retry-After: "))
    }

    @Test func oneSubscriberTooManyGets503() async throws {
        let requests = [PlainRequest.create("/a"), PlainRequest.get("/a/0"), PlainRequest.get("/a/0")]
        for limit in [\RelayLimits.readerCount, \.readerCountPerChannel] {
            let head = try await answer(to: requests) { $0.limits[keyPath: limit] = 1 }
            #expect(head.hasPrefix("HTTP/1.1 503 "))
        }
    }

    @Test func oneOpenSegmentTooManyGets429() async throws {
        let requests = (0..<2).map { PlainRequest.post("/a/\($0)") + PlainRequest.chunk("x") }
        #expect(
            try await answer(to: requests) { $0.limits.openSegmentCount = 1 }.hasPrefix("HTTP/1.1 429 "))
    }

    @Test func onePreconnectedPostTooManyGets429() async throws {
        // The first makes the channel, which shows that it is there.
        let requests = (0..<2).map { PlainRequest.post("/a/\($0)") }
        #expect(
            try await answer(to: requests) { $0.limits.preconnectedCount = 1 }.hasPrefix("HTTP/1.1 429 "))
    }

    @Test func aNewSegmentGets503WhenTheMemoryIsFull() async throws {
        let chunk = PlainRequest.chunk(String(repeating: "x", count: 2000))
        let requests = (0..<2).map { PlainRequest.post("/a/\($0)") + chunk }
        #expect(
            try await answer(to: requests) { $0.limits.memoryByteCount = 1000 }.hasPrefix("HTTP/1.1 503 "))
    }

    @Test func aHeadThatIsTooLongGets431() async throws {
        let long = "GET /a/0 HTTP/1.1\r\nHost: relay\r\nX: \(String(repeating: "x", count: 9000))\r\n\r\n"
        #expect(try await answer(to: [long]) { $0.maximumHeadByteCount = 8 << 10 }.hasPrefix("HTTP/1.1 431 "))
        let many = "GET /a/0 HTTP/1.1\r\nHost: relay\r\nX: 1\r\nY: 2\r\n\r\n"
        #expect(try await answer(to: [many]) { $0.maximumHeadFieldCount = 2 }.hasPrefix("HTTP/1.1 431 "))
    }

    @Test func aTargetThatIsTooLongGets414() async throws {
        let request = PlainRequest.get("/" + String(repeating: "x", count: 9000))
        #expect(try await answer(to: [request]) { _ in }.hasPrefix("HTTP/1.1 414 "))
    }

    @Test func aReaderThatWaitsGets204AfterTheWaitTimeout() async throws {
        let requests = [PlainRequest.create("/a"), PlainRequest.get("/a/0")]
        let head = try await answer(to: requests) { $0.waitTimeout = .milliseconds(1) }
        #expect(head.hasPrefix("HTTP/1.1 204 "))
    }

    @Test func aConnectionThatEndsIsNotCountedAnyLonger() async throws {
        try await withRelayServer {
            $0.connectionsPerAddress = 1
        } _: { relay in
            for ending in ["", "Connection: close\r\n"] {
                try await PlainClient.with(relay) { client in
                    try await client.send("GET /a/0 HTTP/1.1\r\nHost: relay\r\n\(ending)\r\n")
                    #expect(try await client.answer().hasPrefix("HTTP/1.1 404 "))
                }
                while relay.census.report.count > 0 { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
    }

    @Test func nineOfTenDescriptorsInUseAreToldOnce() throws {
        let lines = LogLines()
        let census = ConnectionCensus(maximumPerAddress: 100, descriptorLimit: 10, logger: lines.logger)
        // An address that is not known counts too.
        var seats = (0..<9).map { _ in census.seat(for: .unknown) }
        #expect(lines.all.isEmpty)
        seats += (0..<3).map { _ in census.seat(for: .unknown) }
        #expect(!seats.contains { $0 == nil })
        #expect(lines.all.count == 1)
        #expect(lines.all.first?.contains("raise the limit") == true)
    }
}
