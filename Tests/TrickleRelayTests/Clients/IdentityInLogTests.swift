import NIOCore
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// What the log of a whole relay tells of its clients.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct IdentityInLogTests {
    private static let fields = "Authorization: Bearer SECRET\r\nUser-Agent: Player/1.0\r\n"

    private func request(_ method: String, _ path: String, _ more: String = "") -> String {
        "\(method) \(path)?token=SECRET HTTP/1.1\r\nHost: relay\r\n\(Self.fields)\(more)\r\n"
    }

    private struct EchoRamps: RelayRamps {
        let routes = [
            RampRoute("/{channel}/who") { request in
                RampResponse(.bytes(ByteBuffer(string: "\(request) from \(request.client)\n")))
            }
        ]
    }

    @Test func `lines of one connection can be found, and no secret is in any line or answer`() async throws {
        let lines = LogLines()
        var answers: [String] = []
        try await withRelayServer({ $0.silenceToTell = .milliseconds(1) }, logger: lines.logger) { _ in
            EchoRamps()
        } _: { relay in
            // A whole segment, a channel that cannot be written, a route of a ramp, errors of all kinds.
            let last = try await PlainClient.with(relay) { client in
                let body = PlainRequest.chunk("x") + "0\r\n\r\n"
                for (text, status) in [
                    (request("POST", "/cam/0", "Transfer-Encoding: chunked\r\n") + body, "200"),
                    (request("POST", "/_own"), "403"), (request("GET", "/cam/who"), "200"),
                    (request("GET", "/cam/zero"), "400"), (request("PATCH", "/cam/0"), "405"),
                    (request("GET", "/none/0"), "404"), (request("GET", "/a/b/c"), "404"),
                ] {
                    try await client.send(text)
                    let answer = try await client.answer()
                    #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
                    answers.append(answer)
                    let length = answer.firstMatch(of: /Content-Length: (\d+)/).flatMap { Int($0.1) } ?? 0
                    answers.append(String(decoding: try await client.read(count: length), as: UTF8.self))
                }
                try await client.send("BREAKS THE RULES SECRET\r\n" + Self.fields + "\r\n")
                return await client.rest()
            }
            answers.append(last)
            // One that is silent, and breaks off.
            try await PlainClient.with(relay) { client in
                let head = request("POST", "/cam/1", "Transfer-Encoding: chunked\r\n")
                try await client.send(head + PlainRequest.chunk("x"))
                try await until { lines.all.contains { $0.contains("is silent") } }
            }
            try await until { lines.all.contains { $0.contains("broke off") } }
        }
        let told = lines.all
        for text in told + answers { #expect(!text.contains("SECRET"), "\(text)") }
        let ids = try ["segment cam/0 ended", "can only be read", "is silent", "broke off"].map { words in
            let line = try #require(told.first { $0.contains(words) }, "\(words)")
            #expect(line.contains("client=127.0.0.1") && line.contains("agent=Player/1.0"), "\(line)")
            return String(try #require(line.firstMatch(of: /connection=(\d+)/)?.1))
        }
        #expect(ids[0] == ids[1] && ids[2] == ids[3] && ids[0] != ids[2])
        #expect(answers.contains { $0.hasPrefix("GET /cam/who from 127.0.0.1 on connection \(ids[0])") })
    }

    @Test func `a connection that takes nothing is told with its client, whatever it has been answered`() async throws {
        let lines = LogLines()
        let body = ByteBuffer(repeating: 0, count: 16 << 20)
        struct LargeRamps: RelayRamps { let routes: [RampRoute] }
        let ramps = LargeRamps(routes: [RampRoute("/large") { _ in RampResponse(.bytes(body)) }])
        try await withRelayServer({ $0.readerTimeout = .seconds(1) }, logger: lines.logger) { _ in
            ramps
        } _: { relay in
            try await PlainClient.with(relay, receiveBuffer: 4096) { client in
                try await client.send(request("GET", "/large"))
                try await until { lines.all.contains { $0.contains("took nothing") } }
            }
        }
        let line = try #require(lines.all.first { $0.contains("took nothing") })
        #expect(line.contains("client=127.0.0.1") && line.contains("connection="), "\(line)")
    }
}
