import Logging
import NIOCore
import Testing
import TrickleCore
import TrickleGateway
import TrickleRelay
import TrickleTesting

struct FrameTests {
    private func withGateway(
        _ change: (inout RelayConfiguration) -> Void = { _ in }, _ body: (RelayServer) async throws -> Void
    ) async throws {
        try await withRelayServer(
            change, ramps: { Gateway($0, logger: Logger(label: "test")) }, body)
    }

    private func publish(_ bytes: [UInt8], with publisher: LocalPublisher) throws {
        let segment = try publisher.nextSegment()
        if !bytes.isEmpty { try segment.write(bytes) }
        try segment.finish()
    }

    private static let picture: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3, 0xFF, 0xD9]

    private func post(_ target: String, _ bytes: [UInt8], type: String = "image/jpeg", to relay: RelayServer)
        async throws
        -> String
    {
        try await PlainClient.with(relay) { client in
            var request = ByteBuffer(
                string:
                    "POST \(target) HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nContent-Type: \(type)\r\nContent-Length: \(bytes.count)\r\n\r\n"
            )
            request.writeBytes(bytes)
            try await client.send(request)
            return await client.rest()
        }
    }

    // MARK: Viewing

    @Test(arguments: ["/cam/ws", "/ws/cam"]) func `each segment of a text channel is a text message`(target: String)
        async throws
    {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: ChannelName("cam"), contentType: "application/json")
            try publish(Array(#"{"a":1}"#.utf8), with: publisher)
            try await PlainClient.webSocket(relay.port, target + "?from=0") { viewer in
                #expect(try await viewer.next() == .text(#"{"a":1}"#))
                for number in 0..<20 { try publish(Array("\(number)".utf8), with: publisher) }
                for number in 0..<20 { #expect(try await viewer.next() == .text("\(number)")) }
                // What is no text goes as it is: a browser would break off.
                try publish([0xFF, 0xFE], with: publisher)
                #expect(try await viewer.next() == .binary([0xFF, 0xFE]))
                try publish([], with: publisher)
                #expect(try await viewer.next() == .text(""))
                publisher.close()
                #expect(try await viewer.next() == .close(code: 1000, reason: "the channel has ended"))
            }
        }
    }

    @Test func `a viewer of pictures gets the newest that is there, and what comes`() async throws {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: ChannelName("cam"), contentType: "image/webp")
            try publish([1], with: publisher)
            try publish([2], with: publisher)
            try await PlainClient.webSocket(relay.port, "/cam/ws?meta=1") { viewer in
                let meta = try await viewer.text()
                #expect(meta.hasPrefix(#"{"seq":1,"size":1,"at":"#) && meta.hasSuffix(#","skipped":0}"#))
                #expect(try await viewer.next() == .binary([2]))
                // The next is begun first and ends last: the newest whole one wins, and the other is never sent.
                let slow = try publisher.nextSegment()
                try slow.write([3])
                try publish([4], with: publisher)
                let next = try await viewer.text()
                #expect(next.hasPrefix(#"{"seq":3,"#) && next.hasSuffix(#","skipped":1}"#))
                #expect(try await viewer.next() == .binary([4]))
                try slow.finish()
                try publish([5], with: publisher)
                _ = try await viewer.next()
                #expect(try await viewer.next() == .binary([5]))
            }
        }
    }

    @Test func `an aborted segment is not sent, and counts as skipped`() async throws {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: ChannelName("cam"), contentType: "text/plain")
            try await PlainClient.webSocket(relay.port, "/cam/ws?from=0&meta=1&mode=all") { viewer in
                let broken = try publisher.nextSegment()
                try broken.write([65])
                broken.abort()
                try publish([66], with: publisher)
                let meta = try await viewer.text()
                #expect(meta.hasPrefix(#"{"seq":1,"#) && meta.hasSuffix(#","skipped":1}"#))
                #expect(try await viewer.next() == .text("B"))
            }
        }
    }

    @Test(arguments: ["", "?mode=all", "?mode=latest", "?from=next"])
    func `a viewer waits for a channel, and gets its beginning`(
        query: String
    ) async throws {
        try await withGateway { relay in
            try await PlainClient.webSocket(relay.port, "/ws/later" + query) { viewer async throws in
                #expect(try await post("/ingest/later", Self.picture, to: relay).hasPrefix("HTTP/1.1 200 "))
                #expect(try await viewer.next() == .binary(Self.picture))
            }
        }
    }

    @Test func `who wants all and has fallen out of the window is told the number`() async throws {
        try await withGateway {
            $0.limits.windowCount = 2
            $0.limits.windowDuration = .zero
        } _: { relay in
            let publisher = try relay.publisher(of: ChannelName("cam"), contentType: "text/plain")
            for number in 0..<6 { try publish(Array("\(number)".utf8), with: publisher) }
            try await PlainClient.webSocket(relay.port, "/cam/ws?from=1") { viewer in
                let ending = try await viewer.next()
                #expect("\(ending)".hasPrefix("close(code: Optional(4000)") && "\(ending)".contains("segment 1 "))
            }
            try await PlainClient.webSocket(relay.port, "/cam/ws?from=4") { viewer async throws in
                #expect(try await viewer.next() == .text("4"))
                #expect(try await viewer.next() == .text("5"))
            }
        }
    }

    @Test func `a viewer that does not read costs nothing, and gets the newest when it reads again`() async throws {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: ChannelName("cam"), contentType: "image/webp")
            let count = 40
            let size = 1 << 20
            try await PlainClient.webSocket(relay.port, "/cam/ws?from=0&meta=1", receiveBuffer: 4096) { stalled in
                try await PlainClient.webSocket(relay.port, "/cam/ws?from=0") { healthy in
                    for number in 0..<count {
                        try publish([UInt8](repeating: UInt8(number), count: size), with: publisher)
                        // It says that it is there, however long all this takes.
                        try await stalled.send(10, [])
                        #expect(try await healthy.next() == .binary([UInt8](repeating: UInt8(number), count: size)))
                    }
                }
                var seen: [UInt8] = []
                while seen.last != UInt8(count - 1) {
                    _ = try await stalled.text()
                    guard case .binary(let bytes) = try await stalled.next() else { throw Unexpected() }
                    #expect(bytes.count == size && bytes.allSatisfy { $0 == bytes[0] })
                    seen.append(bytes[0])
                }
                // What the sockets between hold, and the newest.
                #expect(seen.count < count / 2 && seen == seen.sorted())
            }
        }
    }

    @Test func `a publisher that begins its numbers anew goes on for its viewers`() async throws {
        try await withGateway { relay in
            for target in ["/cam/ws?mode=latest", "/cam/ws?mode=all&from=next"] {
                _ = try await post("/cam/7", [1], type: "text/plain", to: relay)
                try await PlainClient.webSocket(relay.port, target) { viewer in
                    if target.contains("latest") { _ = try await viewer.next() }
                    _ = try await post("/cam/0", [65], to: relay)
                    #expect(try await viewer.next() == .text("A"))
                    _ = try await post("/cam/1", [66], to: relay)
                    #expect(try await viewer.next() == .text("B"))
                }
                _ = try await PlainClient.with(relay) { client in
                    try await client.send("DELETE /cam HTTP/1.1\r\nHost: relay\r\n\r\n")
                    return try await client.answer()
                }
            }
        }
    }

    @Test func `a viewer sends nothing but pongs`() async throws {
        try await withGateway { relay in
            try await PlainClient.webSocket(relay.port, "/cam/ws") { viewer in
                try await viewer.send(9, [1, 2])
                #expect(try await viewer.next() == .pong([1, 2]))
                try await viewer.send(text: "hello")
                #expect(try await viewer.closeCode() == 1008)
                #expect(try await viewer.next() == .end)
            }
        }
    }

    @Test func `a close is answered with its code`() async throws {
        try await withGateway { relay in
            try await PlainClient.webSocket(relay.port, "/cam/ws") { viewer in
                try await viewer.close(4321)
                #expect(try await viewer.next() == .close(code: 4321, reason: ""))
                #expect(try await viewer.next() == .end)
            }
            try await PlainClient.webSocket(relay.port, "/cam/ws") { viewer in
                try await viewer.send(8, [])
                #expect(try await viewer.next() == .close(code: nil, reason: ""))
            }
        }
    }

    @Test func `viewers count as readers, once each, and are told when the relay goes down`() async throws {
        try await withGateway({ $0.limits.readerCount = 2 }) { relay in
            let publisher = try relay.publisher(of: ChannelName("cam"), contentType: "image/webp")
            try publish([1], with: publisher)
            try await PlainClient.webSocket(relay.port, "/cam/ws") { first in
                #expect(try await first.next() == .binary([1]))
                try await PlainClient.webSocket(relay.port, "/cam/ws") { second async throws in
                    #expect(try await second.next() == .binary([1]))
                    try await PlainClient.webSocket(relay.port, "/cam/ws") { third async throws in
                        #expect(try await third.closeCode() == 1013)
                    }
                    await relay.shutDown()
                    #expect(try await second.next() == .close(code: 1001, reason: "the relay is going down"))
                }
                #expect(try await first.next() == .close(code: 1001, reason: "the relay is going down"))
            }
        }
    }

    // MARK: Publishing

    @Test func `each message is a segment, and is acknowledged where that is asked for`() async throws {
        try await withGateway { relay in
            try await PlainClient.webSocket(relay.port, "/chat/ws?publish=1&ack=1") { publisher in
                try await PlainClient.webSocket(relay.port, "/chat/ws?from=0") { viewer in
                    try await publisher.send(text: "hello")
                    #expect(try await publisher.next() == .text(#"{"seq":0,"size":5}"#))
                    #expect(try await viewer.next() == .text("hello"))
                    try await publisher.send(1, Array("a".utf8), isFinal: false)
                    try await publisher.send(9, [7])
                    try await publisher.send(0, Array("b".utf8), isFinal: false)
                    try await publisher.send(0, Array("c".utf8))
                    #expect(try await publisher.next() == .pong([7]))
                    #expect(try await publisher.next() == .text(#"{"seq":1,"size":3}"#))
                    #expect(try await viewer.next() == .text("abc"))
                    // Any number of small ones at once.
                    var many = ByteBuffer()
                    for number in 0..<500 {
                        many.writeImmutableBuffer(WebSocketClient.frame(1, Array("\(number)".utf8)))
                    }
                    try await publisher.send(raw: many)
                    for number in 0..<500 {
                        #expect(try await viewer.next() == .text("\(number)"))
                        let size = "\(number)".utf8.count
                        #expect(try await publisher.next() == .text(#"{"seq":\#(number + 2),"size":\#(size)}"#))
                    }
                    try await publisher.close(1000)
                    #expect(try await viewer.next() == .close(code: 1000, reason: "the channel has ended"))
                }
            }
        }
    }

    @Test func `a second publisher is refused, and one that breaks off leaves the channel`() async throws {
        try await withGateway { relay in
            try await PlainClient.webSocket(relay.port, "/cam/ws?publish=1") { publisher in
                try await publisher.send(bytes: [1, 2, 3])
                let refusal = await #expect(throws: WebSocketClient.Refused.self) {
                    try await PlainClient.webSocket(relay.port, "/cam/ws?publish=1") { _ in }
                }
                #expect(refusal?.answer.hasPrefix("HTTP/1.1 409 ") == true)
                // Half a message, and no end.
                try await publisher.send(2, [4], isFinal: false)
            }
            try await PlainClient.webSocket(relay.port, "/cam/ws?from=0&mode=all") { viewer in
                #expect(try await viewer.next() == .binary([1, 2, 3]))
                try await PlainClient.webSocket(relay.port, "/cam/ws?publish=1") { publisher in
                    try await publisher.send(bytes: [5])
                    #expect(try await viewer.next() == .binary([5]))
                }
            }
        }
    }

    @Test func `a message of the size of a segment is taken in fragments, and a larger one ends with 1009`()
        async throws
    {
        try await withGateway({ $0.limits.segmentByteCount = 100_000 }) { relay in
            try await PlainClient.webSocket(relay.port, "/cam/ws?publish=1&ack=1") { publisher in
                try await publisher.send(2, [UInt8](repeating: 1, count: 60_000), isFinal: false)
                try await publisher.send(0, [UInt8](repeating: 1, count: 40_000))
                #expect(try await publisher.next() == .text(#"{"seq":0,"size":100000}"#))
                try await publisher.send(2, [UInt8](repeating: 1, count: 60_000), isFinal: false)
                try await publisher.send(0, [UInt8](repeating: 1, count: 40_001))
                #expect(try await publisher.closeCode() == 1009)
            }
            try await PlainClient.webSocket(relay.port, "/more/ws?publish=1&ack=1") { publisher in
                try await publisher.send(bytes: [UInt8](repeating: 1, count: 100_001))
                #expect(try await publisher.closeCode() == 1009)
            }
        }
    }

    /// Opcode with the bits above it, payload, whether it is masked, and the code that answers it.
    static let broken: [(UInt8, [UInt8], Bool, Int)] = [
        (1, [65], false, 1002), (0x41, [65], true, 1002), (3, [], true, 1002), (11, [], true, 1002),
        (0, [65], true, 1002),
        (1, [0xFF], true, 1007), (1, [0xE2, 0x82], true, 1007), (9, [UInt8](repeating: 0, count: 126), true, 1002),
        (8, [1], true, 1002), (8, [3, 0xED], true, 1002),
    ]

    @Test(arguments: broken) func `a frame that breaks a rule ends the connection with its code`(
        opcode: UInt8, payload: [UInt8], isMasked: Bool, code: Int
    ) async throws {
        try await withGateway { relay in
            try await PlainClient.webSocket(relay.port, "/cam/ws?publish=1") { publisher in
                try await publisher.send(opcode, payload, isMasked: isMasked)
                #expect(try await publisher.closeCode() == code)
                #expect(try await publisher.next() == .end)
            }
        }
    }

    // MARK: Handshake and access

    @Test func `a handshake that is none is refused`() async throws {
        try await withGateway { relay in
            func answer(_ lines: [String]) async throws -> String {
                try await PlainClient.with(relay) { client in
                    try await client.send(
                        (lines + ["Host: relay", "Connection: Upgrade"]).joined(separator: "\r\n") + "\r\n\r\n")
                    return try await client.answer()
                }
            }
            let ask = ["GET /cam/ws HTTP/1.1", "Upgrade: websocket"]
            let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
            #expect(try await answer(["GET /cam/ws HTTP/1.1"]).hasPrefix("HTTP/1.1 426 "))
            #expect(try await answer(["GET /ws/cam HTTP/1.1"]).hasPrefix("HTTP/1.1 426 "))
            let old = try await answer(ask + [key, "Sec-WebSocket-Version: 8"])
            #expect(old.hasPrefix("HTTP/1.1 426 ") && old.contains("\r\nSec-WebSocket-Version: 13\r\n"))
            #expect(try await answer(ask + ["Sec-WebSocket-Version: 13"]).hasPrefix("HTTP/1.1 400 "))
            #expect(
                try await answer(ask + ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: short"]).hasPrefix(
                    "HTTP/1.1 400 "))
            for query in ["?mode=some", "?from=yesterday", "?meta=2", "?publish=1&ack=maybe"] {
                let mistake = ["GET /cam/ws\(query) HTTP/1.1", "Upgrade: websocket", key, "Sec-WebSocket-Version: 13"]
                #expect(try await answer(mistake).hasPrefix("HTTP/1.1 400 "))
            }
            // Extensions are declined by saying nothing of them.
            try await PlainClient.with(relay) { client in
                try await client.send(
                    (ask + [
                        key, "Host: relay", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
                    ]).joined(separator: "\r\n")
                        + "\r\n\r\n")
                let head = try await client.answer()
                #expect(head.hasPrefix("HTTP/1.1 101 ") && !head.lowercased().contains("extensions"))
            }
        }
    }

    @Test func `a page of another origin may view, and may not publish`() async throws {
        try await withGateway { relay in
            let foreign = ["Origin: http://elsewhere.example"]
            try await PlainClient.webSocket(relay.port, "/cam/ws", fields: foreign) { _ in }
            let refusal = await #expect(throws: WebSocketClient.Refused.self) {
                try await PlainClient.webSocket(relay.port, "/cam/ws?publish=1", fields: foreign) { _ in }
            }
            #expect(refusal?.answer.hasPrefix("HTTP/1.1 403 ") == true)
        }
    }

    @Test func `a number is a channel's name where the protocol is WebSocket, and a segment elsewhere`() async throws {
        try await withGateway { relay in
            #expect(try await post("/ingest/7", Self.picture, to: relay).hasPrefix("HTTP/1.1 200 "))
            #expect(try relay.window(of: ChannelName("ingest"))?.next == 8)
            #expect(try await post("/ws/7", [65], to: relay).hasPrefix("HTTP/1.1 200 "))
            let publisher = try relay.publisher(of: ChannelName("7"), contentType: "text/plain")
            try publish([66], with: publisher)
            try await PlainClient.webSocket(relay.port, "/ws/7?from=0") { viewer async throws in
                #expect(try await viewer.next() == .text("B"))
            }
        }
    }

    // MARK: Ingest

    @Test func `pictures on their way count as memory, and it is free again after them`() async throws {
        try await withGateway({ $0.limits.memoryByteCount = 4 << 20 }) { relay async throws in
            let large = Self.picture.dropLast(2) + [UInt8](repeating: 0, count: 900_000) + [0xFF, 0xD9]
            for _ in 0..<3 {
                #expect(try await post("/ingest/cam", Array(large), to: relay).hasPrefix("HTTP/1.1 503 "))
            }
            let small = Self.picture.dropLast(2) + [UInt8](repeating: 0, count: 300_000) + [0xFF, 0xD9]
            for _ in 0..<10 {
                #expect(try await post("/ingest/cam", Array(small), to: relay).hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test func `a picture is the next segment of its channel`() async throws {
        try await withGateway { relay in
            for number in 0..<8 {
                let answer = try await post("/ingest/cam", Self.picture + [UInt8(number)], to: relay)
                #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("{\"seq\":\(number)}\n"))
            }
            let head = try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam/7"))
                return try await client.answer()
            }
            _ = try await post("/ingest/form", Self.picture, type: "application/x-www-form-urlencoded", to: relay)
            #expect(
                try relay.segments(of: ChannelName("form"), from: .zero, atMost: 1).first?.contentType == "image/jpeg")
            #expect(
                head.contains("\r\nContent-Type: image/jpeg\r\n") || head.contains("\r\ncontent-type: image/jpeg\r\n"))
            let missing = try await post("/ingest/cam", Array(Self.picture.dropLast(2)), to: relay)
            #expect(missing.hasPrefix("HTTP/1.1 415 "))
            #expect(try await post("/ingest/cam", Array("text".utf8), to: relay).hasPrefix("HTTP/1.1 415 "))
            #expect(try await post("/ingest/cam", [], to: relay).hasPrefix("HTTP/1.1 415 "))
            #expect(try await post("/ingest/next", Self.picture, to: relay).hasPrefix("HTTP/1.1 405 "))
            #expect(try await post("/ingest/_changes", Self.picture, to: relay).contains(" 404 ") == false)
            #expect(try relay.window(of: ChannelName("cam"))?.next == 8)
        }
    }
}

private struct Unexpected: Error {}

extension WebSocketClient {
    fileprivate func text() async throws -> String {
        guard case .text(let text) = try await next() else { throw Unexpected() }
        return text
    }

    fileprivate func closeCode() async throws -> Int? {
        guard case .close(let code, _) = try await next() else { throw Unexpected() }
        return code
    }
}
