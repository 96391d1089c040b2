import Logging
import NIOCore
import Testing
import TrickleRelay
import TrickleTesting

/// A server that has only the routes that it is given.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct RouteServerTests {
    private func withServer(
        _ limits: RouteServer.Limits = .init(), _ body: (_ port: Int) async throws -> Void
    ) async throws {
        let route = RampRoute("/notes/*", methods: [.get, .post], body: .collected(atMost: 4)) { request in
            RampResponse(.bytes(ByteBuffer(string: "\(request.target) from \(request.client.address)\n")))
        }
        let server = try RouteServer.start(
            host: "127.0.0.1", port: 0, option: "--notes", limits: limits, logger: Logger(label: "test"),
            routes: [route])
        do { try await body(server.port) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test func `it has its routes and none of the protocol's`() async throws {
        try await withServer { port in
            try await PlainClient.with(port: port) { client in
                try await client.send(PlainRequest.get("/notes/a%20b?c"))
                let answer = try await client.read(to: "from 127.0.0.1\n")
                #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("/notes/a%20b?c from"))
                // Pages of other origins may read what a relay says, and not this.
                #expect(!answer.contains("Access-Control") && !answer.contains("Lp-Trickle"))
                for target in ["/_channels", "/cam/next", "/"] {
                    try await client.send(PlainRequest.get(target))
                    #expect(try await client.read(to: "nothing is here\n").hasPrefix("HTTP/1.1 404 "))
                }
                try await client.send(PlainRequest.get("/notes/%ff"))
                #expect(try await client.read(to: "cannot be read\n").hasPrefix("HTTP/1.1 400 "))
                try await client.send("DELETE /notes/a HTTP/1.1\r\nHost: x\r\n\r\n")
                let refusal = try await client.read(to: "asked here\n")
                #expect(refusal.hasPrefix("HTTP/1.1 405 ") && refusal.contains("\r\nAllow: GET, POST\r\n"))
                try await client.send("POST /notes/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345")
                #expect(await client.rest().hasPrefix("HTTP/1.1 413 "))
            }
        }
    }

    @Test func `a connection too many is turned away, whoever has the others`() async throws {
        var limits = RouteServer.Limits()
        limits.connectionCount = 2
        try await withServer(limits) { port in
            try await PlainClient.with(port: port) { first in
                try await PlainClient.with(port: port) { second in
                    for client in [first, second] {
                        try await client.send(PlainRequest.get("/notes/"))
                        _ = try await client.read(to: "from 127.0.0.1\n")
                    }
                    let third = try await PlainClient.with(port: port) { await $0.rest() }
                    #expect(third.hasPrefix("HTTP/1.1 429 "))
                }
            }
        }
    }

    @Test func `an address that is taken is told with the option that takes another`() async throws {
        try await withServer { port in
            let error = #expect(throws: RelayStartError.self) {
                try RouteServer.start(
                    host: "127.0.0.1", port: port, option: "--notes", logger: Logger(label: "test"), routes: [])
            }
            #expect(error?.description.contains("--notes") == true)
        }
    }
}
