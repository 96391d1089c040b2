import NIOCore
import NIOHPACK
import Testing
import TrickleTesting

@testable import TrickleRelay

/// What waits of bodies over HTTP/2 counts as the relay's memory.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct HTTP2MemoryTests {
    /// Decides nothing as long as anybody waits for it.
    private final class Undecided: AccessPolicy {
        func knownDecision(on question: AccessQuestion) -> AccessDecision? { nil }
        func decision(on question: AccessQuestion) async -> AccessDecision {
            let never = AsyncStream.makeStream(of: Void.self)
            for await _ in never.stream {}
            return .refused(.credentialsMissing)
        }
    }

    private static let window = HTTP2Limits.streamWindow

    private func withRelay(
        memory: Int = 1 << 30, _ body: (RelayServer, PlainClient) async throws -> Void
    ) async throws {
        try await withRelayServer {
            $0.access = Undecided()
            $0.limits.memoryByteCount = memory
            $0.limits.hasChangefeed = false
        } _: { relay in
            try await PlainClient.with(port: relay.port) { client in
                try await client.send(HTTP2FlowReaderTests.preface)
                try await client.send(HTTP2FlowReaderTests.frame(4))
                try await body(relay, client)
            }
            try await relay.tells("trickle_memory_bytes 0")
        }
    }

    private func post(
        stream: UInt32, path: String = "/cam/0", _ fields: [(String, String)] = []
    ) throws -> ByteBuffer {
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator(), useHuffmanEncoding: false)
        var block = ByteBuffer()
        let head = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "relay")]
        try encoder.encode(headers: HPACKHeaders(head + fields), to: &block)
        return HTTP2FlowReaderTests.frame(1, flags: 4, stream: stream, Array(block.readableBytesView))
    }

    @Test func `a body that waits counts with all that its window lets come`() async throws {
        try await withRelay { relay, client in
            try await client.send(try post(stream: 1))
            try await relay.tells("trickle_memory_bytes \(Self.window)")
            try await client.send(try post(stream: 3, [("content-length", "1000")]))
            try await relay.tells("trickle_memory_bytes \(Self.window + 1000)")
            // Stream 1 is reset.
            try await client.send(HTTP2FlowReaderTests.frame(3, stream: 1, [0, 0, 0, 8]))
            try await relay.tells("trickle_memory_bytes 1000")
        }
    }

    @Test func `bodies that wait take no more than their part of the memory`() async throws {
        try await withRelay(memory: 4 * Self.window) { relay, client in
            try await client.send(try post(stream: 1))
            try await relay.tells("trickle_memory_bytes \(Self.window)")
            try await client.send(try post(stream: 3))
            while await !relay.metrics().contains("status=\"503\"") { try await Task.sleep(for: .milliseconds(5)) }
            try await relay.tells("trickle_memory_bytes \(Self.window)")
        }
    }

    private struct TestRamps: RelayRamps {
        let routes: [RampRoute]
    }

    /// A body that goes at its own speed, say.
    @Test func `a body that a ramp holds back counts with its window`() async throws {
        let gate = OneGate()
        let route = RampRoute("/{channel}/in", methods: [.post], action: .publish, body: .streamed) { request in
            await gate.wait()
            return RampResponse(.bytes(ByteBuffer()))
        }
        try await withRelayServer({ $0.limits.hasChangefeed = false }, ramps: { _ in TestRamps(routes: [route]) }) {
            relay in
            try await PlainClient.with(port: relay.port) { client in
                try await client.send(HTTP2FlowReaderTests.preface)
                try await client.send(HTTP2FlowReaderTests.frame(4))
                try await client.send(try post(stream: 1, path: "/cam/in"))
                // What comes in one read is one piece: two are enough.
                for answer in ["question", "andother"] {
                    try await client.send(HTTP2FlowReaderTests.frame(0, stream: 1, [1, 2, 3]))
                    try await client.send(HTTP2FlowReaderTests.frame(6, Array(answer.utf8)))
                    _ = try await client.read(to: answer)
                }
                try await relay.tells("trickle_memory_bytes \(Self.window)")
                // Stream 1 is reset.
                try await client.send(HTTP2FlowReaderTests.frame(3, stream: 1, [0, 0, 0, 8]))
                try await relay.tells("trickle_memory_bytes 0")
            }
            gate.open()
        }
    }
}
