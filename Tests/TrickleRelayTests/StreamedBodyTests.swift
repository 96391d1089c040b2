import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// Bodies that a ramp takes while they come.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct StreamedBodyTests {
    private struct TestRamps: RelayRamps {
        let routes: [RampRoute]
    }

    /// What a ramp saw of a body, for each request that it had.
    private final class Seen: Sendable {
        private let endings = NIOLockedValueBox<[String]>([])
        let text = NIOLockedValueBox("")
        let byteCount = NIOLockedValueBox(0)

        func ended(_ ending: String) { endings.withLockedValue { $0.append(ending) } }
        /// The first ending, once there is one.
        func ending() async throws -> String {
            try await eventually { endings.withLockedValue { !$0.isEmpty } }
            return endings.withLockedValue { $0[0] }
        }
    }

    /// - Parameter gate: opened before anything is read.
    private func withTaker(
        _ seen: Seen, behind gate: OneGate? = nil, _ body: (RelayServer) async throws -> Void
    ) async throws {
        let route = RampRoute("/{channel}/in", methods: [.post, .put], action: .publish, body: .streamed) { request in
            await gate?.wait()
            var count = 0
            do {
                for try await bytes in request.stream! {
                    count += bytes.readableBytes
                    seen.byteCount.withLockedValue { $0 = count }
                    seen.text.withLockedValue { $0 += String(String(buffer: bytes).prefix(64)) }
                }
                seen.ended("end")
            } catch {
                seen.ended("\(error)")
            }
            return RampResponse(.bytes(ByteBuffer(string: "\(count) bytes")))
        }
        try await withRelayServer(ramps: { _ in TestRamps(routes: [route]) }, body)
    }

    private func head(_ field: String) -> String { "PUT /cam/in HTTP/1.1\r\nHost: relay\r\n\(field)\r\n\r\n" }

    @Test func `a body is there while it comes, whatever its framing, and others follow on the connection`()
        async throws
    {
        let seen = Seen()
        try await withTaker(seen) { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(head("Transfer-Encoding: chunked") + "3\r\nabc\r\n1\r")
                try await eventually { seen.text.withLockedValue { $0 == "abc" } }
                try await client.send("\nd\r\n0\r\n\r\n" + head("Content-Length: 2") + "xy")
                #expect(try await client.read(to: "4 bytes").hasPrefix("HTTP/1.1 200 "))
                #expect(try await client.read(to: "2 bytes").hasPrefix("HTTP/1.1 200 "))
            }
        }
        #expect(seen.text.withLockedValue { $0 } == "abcdxy")
    }

    @Test func `a request without a body is told to send one`() async throws {
        try await withTaker(Seen()) { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(head("Content-Length: 0"))
                #expect(try await client.read(to: "chunked\n").hasPrefix("HTTP/1.1 411 "))
            }
        }
    }

    @Test func `100 Continue is said at once`() async throws {
        try await withTaker(Seen()) { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(head("Content-Length: 2\r\nExpect: 100-continue"))
                #expect(try await client.answer().hasPrefix("HTTP/1.1 100 "))
                try await client.send("ab")
                #expect(try await client.read(to: "2 bytes").hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test func `a sender waits while the ramp has enough, and loses nothing`() async throws {
        let gate = OneGate()
        let seen = Seen()
        try await withTaker(seen, behind: gate) { relay in
            // More than both sides' kernels and the relay take in.
            let count = 128
            let piece = ByteBuffer(repeating: UInt8(ascii: "a"), count: 1 << 20)
            let sentCount = NIOLockedValueBox(0)
            async let held = lastOf(sentCount, on: relay, before: gate)
            let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
                host: "127.0.0.1", port: relay.port
            ).get()
            try await client.writeAndFlush(ByteBuffer(string: head("Content-Length: \(count << 20)")))
            for _ in 0..<count {
                // Over when the kernel has it.
                try await client.writeAndFlush(piece)
                sentCount.withLockedValue { $0 += 1 }
            }
            let most = try await held
            #expect(most < count)
            #expect(try await seen.ending() == "end")
            #expect(seen.byteCount.withLockedValue { $0 } == count << 20)
            try await client.close()
        }
    }

    /// Asks the relay for something else until the count has not gone up for a hundred answers, opens the gate, and
    /// returns the count.
    private func lastOf(
        _ count: NIOLockedValueBox<Int>, on relay: RelayServer, before gate: OneGate
    ) async throws -> Int {
        defer { gate.open() }
        return try await PlainClient.with(relay) { other in
            var (last, repeats) = (-1, 0)
            while repeats < 100 {
                try await other.send(PlainRequest.get("/cam/next"))
                _ = try await other.read(to: "not found\n")
                let now = count.withLockedValue { $0 }
                (last, repeats) = (now, now == last ? repeats + 1 : 0)
            }
            return last
        }
    }

    @Test func `a sender that shuts down its side behind the body gets its answer`() async throws {
        let gate = OneGate()
        let seen = Seen()
        try await withTaker(seen, behind: gate) { relay in
            try await PlainClient.with(relay) { client in
                let count = 1 << 20
                try await client.send(head("Content-Length: \(count)") + String(repeating: "a", count: count))
                client.endSending()
                gate.open()
                #expect(await client.rest().hasSuffix("\(count) bytes"))
            }
        }
        #expect(try await seen.ending() == "end")
    }

    @Test(arguments: ["", "3\r\nabc\r\n", "3\r\na", "3\r\nabc\r\n0\r\n"])
    func `a body without its end is broken for the ramp`(sent: String) async throws {
        let seen = Seen()
        try await withTaker(seen) { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(head("Transfer-Encoding: chunked") + sent)
                client.endSending()
                _ = await client.rest()
            }
            #expect(try await seen.ending() == "connectionLost")
        }
        #expect("abc".hasPrefix(seen.text.withLockedValue { $0 }))
    }

    @Test func `a relay that goes down tells the ramp and the sender`() async throws {
        let seen = Seen()
        let answer = NIOLockedValueBox("")
        try await withTaker(seen) { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(head("Transfer-Encoding: chunked") + "3\r\nabc\r\n")
                try await eventually { seen.text.withLockedValue { $0 == "abc" } }
                await relay.shutDown()
                let text = await client.rest()
                answer.withLockedValue { $0 = text }
            }
        }
        #expect(answer.withLockedValue { $0.hasPrefix("HTTP/1.1 503 ") })
        #expect(try await seen.ending() == "relayDraining")
    }
}

/// Lets everybody through once it is open.
final class OneGate: Sendable {
    private let state = NIOLockedValueBox((isOpen: false, waiters: [CheckedContinuation<Void, Never>]()))

    func open() {
        let waiters = state.withLockedValue { state in
            state.isOpen = true
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLockedValue { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}
