import MPEGTS
import NIOCore
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import Ingest

/// Transport streams that come as one body.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct LiveIngestTests {
    private let channel = try! ChannelName("cam")

    /// Groups of four pictures, each a segment, `count` of them.
    ///
    /// - Parameter firstPicture: its size in bytes.
    private func clip(_ count: Int, firstPicture: Int = 400) -> [UInt8] {
        var stream = TSBuilder()
        for group in 0..<count {
            stream.pat()
            stream.pmt([.init(0x1B, 0x100)])
            for picture in 0..<4 {
                let time = Int64(group * 4 + picture) * 22_500
                stream.pes(
                    TestPicture.h264(
                        picture == 0 ? .idr : .ordinary, size: time == 0 ? firstPicture : 400), pts: time,
                    marks: .init(pcr: time * 300))
            }
        }
        return stream.bytes
    }

    private func head(_ query: String = "?pace=none") -> String {
        liveHead(query, "Transfer-Encoding: chunked")
    }

    private func chunk(_ bytes: some Collection<UInt8>) -> ByteBuffer {
        var buffer = ByteBuffer(string: "\(String(bytes.count, radix: 16))\r\n")
        buffer.writeBytes(bytes)
        buffer.writeString("\r\n")
        return buffer
    }

    private let lastChunk = "0\r\n\r\n"

    /// What the relay keeps of the channel's segments from `first` on.
    private func kept(_ relay: RelayServer, _ numbers: Range<Int>) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for number in numbers { bytes += Array(try await PlainAnswer.to("/cam/\(number)", of: relay).body) }
        return bytes
    }

    private func next(_ relay: RelayServer) -> Int? { relay.window(of: channel)?.next.value }

    @Test(arguments: [1, 187, 188, 189, 1316, 100_000])
    func `a stream comes out packet for packet, whatever pieces it came in`(size: Int) async throws {
        let bytes = clip(4)
        try await withIngest { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(head())
                for start in stride(from: 0, to: bytes.count, by: size) {
                    try await client.send(chunk(bytes[start..<min(start + size, bytes.count)]))
                }
                try await client.send(lastChunk)
                #expect(try await client.read(to: "published 4 segments of 'cam'\n").hasPrefix("HTTP/1.1 200 "))
            }
            #expect(try await kept(relay, 0..<4) == bytes)
            // Its proper end is the channel's.
            #expect(relay.window(of: channel)?.isClosed == true)
        }
    }

    @Test func `a channel stays open where that is asked for, and goes on`() async throws {
        try await withIngest { relay in
            let first = try await putLive(clip(2), "?pace=none&keep-open=1", to: relay)
            #expect(first.hasPrefix("HTTP/1.1 200 "), "\(first)")
            #expect(next(relay) == 2)
            let second = try await putLive(clip(2), to: relay)
            #expect(second.hasSuffix("published 2 segments of 'cam'\n"), "\(second)")
            let last = try await PlainAnswer.to("/cam/3", of: relay)
            #expect(last.status == 200)
        }
    }

    @Test func `a stream that comes in parts is one stream, wherever they end`() async throws {
        let bytes = clip(4)
        try await withIngest { relay in
            for (start, end) in [(0, 1000), (1000, 1001), (1001, bytes.count)] {
                let answer = try await putLive(Array(bytes[start..<end]), "?pace=none&parts=1", to: relay)
                #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("so far\n"), "\(answer)")
                let other = try await putLive(bytes, "?pace=none", to: relay)
                #expect(other.hasPrefix("HTTP/1.1 409 "), "\(other)")
            }
            // The last segment is open until the next part, or the end of the wait for it.
            #expect(try await kept(relay, 0..<3) == Array(bytes.prefix(bytes.count / 4 * 3)))
        }
    }

    @Test func `a stream whose next part does not come ends, and its channel closes`() async throws {
        let bytes = clip(2)
        try await withIngest {
            $0.limits.publisherLingerDuration = .milliseconds(1)
        } _: { relay in
            _ = try await putLive(bytes, "?pace=none&parts=1", to: relay)
            try await eventually { relay.window(of: channel)?.isClosed != false }
            #expect(try await kept(relay, 0..<2) == bytes)
        }
    }

    @Test func `a second publisher is refused, and one that takes over ends the first`() async throws {
        try await withIngest { relay in
            try await PlainClient.with(relay) { first in
                try await first.send(head())
                try await first.send(chunk(clip(2)))
                try await eventually { next(relay) == 2 }
                let refused = try await putLive(clip(1), to: relay)
                #expect(refused.hasPrefix("HTTP/1.1 409 ") && refused.hasSuffix("?replace=1\n"), "\(refused)")
                let post = try await PlainClient.with(relay) { client in
                    try await client.send(PlainRequest.post("/cam/2") + PlainRequest.chunk("x"))
                    return try await client.answer()
                }
                #expect(post.hasPrefix("HTTP/1.1 409 "))
                let taken = try await putLive(clip(1), "?pace=none&replace=1&keep-open=1", to: relay)
                #expect(taken.hasPrefix("HTTP/1.1 200 "), "\(taken)")
                #expect(await first.rest().hasPrefix("HTTP/1.1 409 "))
            }
        }
    }

    @Test func `a publisher whose channel is closed is told so`() async throws {
        try await withIngest { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(head())
                try await client.send(chunk(clip(2)))
                try await eventually { next(relay) == 2 }
                try await PlainClient.with(relay) { other in
                    try await other.send("DELETE /cam HTTP/1.1\r\nHost: relay\r\n\r\n")
                    _ = try await other.answer()
                }
                let answer = await client.rest()
                #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("\r\nLp-Trickle-Closed: terminated\r\n"))
            }
        }
    }

    @Test func `a publisher that breaks off in a packet has its channel when it comes back`() async throws {
        let bytes = clip(3)
        try await withIngest { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(head())
                try await client.send(chunk(bytes.dropLast(100)))
                try await eventually { next(relay) == 3 }
            }
            // The same stream from its beginning, as an encoder begins anew.
            try await eventually { try await putLive(bytes, to: relay).hasSuffix("published 3 segments of 'cam'\n") }
            #expect(try await kept(relay, 0..<3) == Array(bytes.dropLast(TransportPacket.size)))
            let second = try await kept(relay, 3..<6)
            #expect(second.count >= bytes.count && second.count.isMultiple(of: TransportPacket.size))
            #expect(TSComparison.continuityErrors(try await kept(relay, 0..<6)).isEmpty)
        }
    }

    @Test func `who breaks off is gone at once, though much of his stream waits for its time`() async throws {
        // Half an hour in 120 KB: nobody waits so long.
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        for picture in 0..<200 {
            let time = Int64(picture) * 9 * 90_000
            stream.pes(TestPicture.h264(.idr), pts: time, marks: .init(pcr: time * 300))
        }
        try await withIngest { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(head(""))
                try await client.send(chunk(stream.bytes))
                try await eventually { next(relay) != nil }
            }
            try await eventually { try await putLive(clip(1), to: relay).hasPrefix("HTTP/1.1 200 ") }
        }
    }

    @Test func `a body that does not begin is told so, and has no place for ever`() async throws {
        try await withIngest {
            $0.limits.idleTimeout = .milliseconds(1)
        } _: { relay in
            let answer = try await PlainClient.with(relay) { client in
                try await client.send(head())
                return await client.rest()
            }
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
        }
    }

    @Test func `no more streams wait for their next part than may come at once`() async throws {
        try await withIngest {
            $0.limits.memoryByteCount = 5 * RequestBodyStream.maximumByteCount
        } _: { relay in
            let part = try await putLive(clip(1), "?pace=none&parts=1", to: relay)
            #expect(part.hasPrefix("HTTP/1.1 200 "), "\(part)")
            let other = try await PlainClient.with(relay) { client in
                try await client.send(
                    "PUT /other/live.ts?pace=none&parts=1 HTTP/1.1\r\nHost: relay\r\nContent-Length: \(clip(1).count)\r\n\r\n"
                )
                try await client.send(ByteBuffer(bytes: clip(1)))
                return try await client.read(to: "so far\n")
            }
            #expect(other.hasPrefix("HTTP/1.1 200 "), "\(other)")
            #expect(relay.window(of: try ChannelName("other"))?.isClosed == true)
            #expect(relay.window(of: channel)?.isClosed == false)
        }
    }

    @Test func `a channel whose publisher does not come back closes`() async throws {
        try await withIngest {
            $0.limits.publisherLingerDuration = .milliseconds(1)
        } _: { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(head())
                try await client.send(chunk(clip(2)))
                try await eventually { next(relay) == 2 }
            }
            try await eventually { relay.window(of: channel)?.isClosed != false }
        }
    }

    @Test(arguments: [
        ("hello", "looks like text"), ("", "is empty"),
        ("\0\0\0\u{18}ftypisom" + String(repeating: "x", count: 2000), "looks like MP4"),
        (String(repeating: "\u{1}", count: 100_000), "no MPEG-TS packets"),
    ])
    func `what is no transport stream is refused with what it looks like, and makes no channel`(
        body: String, reason: String
    ) async throws {
        try await withIngest { relay in
            let all = try await PlainClient.with(relay) { client in
                try await client.send(head() + (body.isEmpty ? "" : PlainRequest.chunk(body)) + lastChunk)
                return try await client.read(to: reason)
            }
            #expect(all.hasPrefix("HTTP/1.1 415 "), "\(all)")
            #expect(relay.window(of: channel) == nil)
        }
    }

    @Test(arguments: ["?replace=yes", "?keep-open=2", "?pace=fast"])
    func `a query that means nothing is told what it may be`(query: String) async throws {
        try await withIngest { relay in
            let answer = try await putLive(clip(1), query, to: relay)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(relay.window(of: channel) == nil)
        }
    }

    @Test func `no more bodies come at once than memory allows`() async throws {
        try await withIngest {
            // Room for one.
            $0.limits.memoryByteCount = 5 * RequestBodyStream.maximumByteCount
        } _: { relay in
            try await PlainClient.with(relay) { first in
                try await first.send(head())
                try await first.send(chunk(clip(2)))
                try await eventually { next(relay) == 2 }
                let refused = try await PlainClient.with(relay) { client in
                    try await client.send(
                        "PUT /another/live.ts HTTP/1.1\r\nHost: relay\r\nContent-Length: 5\r\n\r\nhello")
                    return try await client.read(to: "limit\n")
                }
                #expect(refused.hasPrefix("HTTP/1.1 503 ") && refused.contains("\r\nRetry-After: "), "\(refused)")
                try await first.send(lastChunk)
                #expect(try await first.answer().hasPrefix("HTTP/1.1 200 "))
            }
            let later = try await putLive(clip(1), to: relay)
            #expect(later.hasPrefix("HTTP/1.1 200 "), "\(later)")
        }
    }

    @Test func `parts are for transport streams`() async throws {
        try await withIngest { relay in
            let answer = try await PlainClient.with(relay) { client in
                try await client.send(
                    "PUT /cam/live.mkv?parts=1 HTTP/1.1\r\nHost: relay\r\nContent-Length: 5\r\n\r\nhello")
                return try await client.read(to: "live.ts\n")
            }
            #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
        }
    }

    @Test func `where requests make no channels this one makes none either`() async throws {
        try await withIngest {
            $0.limits.createsChannels = false
        } _: { relay in
            let answer = try await putLive(clip(1), to: relay)
            #expect(answer.hasPrefix("HTTP/1.1 404 "), "\(answer)")
        }
    }

    @Test func `a body that comes faster than it plays is held back to its clock`() async throws {
        try await withIngest { relay in
            // 4 s, of which two may be ahead; a busy machine only takes longer.
            let start = ContinuousClock.now
            let answer = try await putLive(clip(4), "", to: relay)
            #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
            #expect(ContinuousClock.now - start >= .milliseconds(1500))
        }
    }

    @Test func `segments for which the relay has no room are dropped whole, and the stream goes on`() async throws {
        try await withIngest {
            $0.limits.segmentByteCount = 20_000
        } _: { relay in
            let bytes = clip(4, firstPicture: 40_000)
            let answer = try await putLive(bytes, "?pace=none&keep-open=1", to: relay)
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("; 1 lost"), "\(answer)")
            let rest = try await kept(relay, 1..<4)
            #expect(rest.count > 4000 && bytes.suffix(rest.count).elementsEqual(rest))
        }
    }
}
