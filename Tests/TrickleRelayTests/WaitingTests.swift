import NIOCore
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

/// Those who wait for one segment do not depend on each other.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct WaitingTests {
    @Test func aReaderThatHasEnoughAtOnceTakesNothingFromThoseWhoWaitWithIt() async throws {
        try await withRelayServer { relay in
            let publisher = try relay.publisher(of: try ChannelName("cam"))
            try await PlainClient.with(relay) { brief in
                try await brief.send("GET /cam/0 HTTP/1.1\r\nHost: relay\r\nRange: bytes=0-\r\n\r\n")
                try await relay.tells("trickle_subscribers 1")
                try await PlainClient.with(relay) { reader in
                    try await reader.send(PlainRequest.get("/cam/0"))
                    try await relay.tells("trickle_subscribers 2")
                    let segment = try publisher.nextSegment()
                    try segment.write("one".utf8)
                    #expect(try await brief.read(to: "one").contains("\r\nContent-Range: bytes 0-2/*\r\n"))
                    try segment.write("two".utf8)
                    try segment.finish()
                    _ = try await reader.answer()
                    #expect(String(decoding: try await reader.chunkedBody(), as: UTF8.self) == "onetwo")
                }
            }
        }
    }

    @Test func aChannelThatIsClosedFromWithinAReadersAnswerLeavesNothingBehind() async throws {
        try await withRelayServer {
            $0.limits.hasChangefeed = false
            $0.limits.drainDuration = .zero
        } _: { relay in
            // Which of the two who wait is told first is a matter of chance.
            for name in (0..<8).map({ "/cam\($0)" }) {
                try await PlainClient.with(relay) { publisher in
                    try await publisher.send(PlainRequest.create(name))
                    _ = try await publisher.answer()
                    try await PlainClient.with(relay) { closing in
                        try await closing.send(
                            PlainRequest.get("\(name)/0") + "DELETE \(name) HTTP/1.1\r\nHost: relay\r\n\r\n")
                        try await PlainClient.with(relay) { reader in
                            try await reader.send(PlainRequest.get("\(name)/-1"))
                            try await relay.tells("trickle_subscribers 2")
                            try await publisher.send("POST \(name)/0 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
                            #expect(try await publisher.answer().hasPrefix("HTTP/1.1 200 "))
                            #expect(try await reader.answer().hasPrefix("HTTP/1.1 200 "))
                            #expect(String(decoding: try await reader.chunkedBody(), as: UTF8.self) == "x")
                        }
                    }
                }
            }
            try await relay.tells("trickle_memory_bytes 0")
        }
    }
}
