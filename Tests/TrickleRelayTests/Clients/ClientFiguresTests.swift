import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

@Suite struct ClientFiguresTests {
    private func address(_ number: Int) -> ClientAddress { ClientAddress(ipv4: UInt32(0x0A00_0000 + number)) }

    @Test func `of very many clients those stay that move most, and the others are added up`() throws {
        var figures = ClientFigures()
        figures.add(.init(bytesIn: 7_000_000), of: address(0))
        figures.add(.init(requestCount: 5_000), of: address(1))
        let count = 10 * ClientFigures.maximumCount
        for number in 2..<count { figures.add(.init(bytesOut: 3), of: address(number)) }
        #expect(figures.clients.count <= 2 * ClientFigures.maximumCount)
        #expect(figures.heaviestFirst.prefix(2).map(\.address) == [address(0), address(1)])
        let sum = figures.clients.values.reduce(into: figures.others) { $0 += $1.figures }
        #expect(sum == .init(requestCount: 5_000, bytesIn: 7_000_000, bytesOut: 3 * (count - 2)))
    }

    @Test func `an operator reads who moves how much, with what is under way`() async throws {
        try await withRelayServer { relay in
            let port = try await relay.serveMetrics(host: "127.0.0.1", port: 0)
            let text = try await PlainClient.with(relay) { publisher in
                try await publisher.send(
                    "POST /cam/0 HTTP/1.1\r\nHost: x\r\nUser-Agent: my \"cam\"\r\nContent-Length: 9\r\n\r\nhello")
                return try await PlainClient.with(relay) { reader in
                    try await reader.send(PlainRequest.get("/cam/0"))
                    _ = try await reader.read(to: "hello")
                    return try await PlainClient.with(port: port) { client in
                        try await client.send("GET /clients HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                        return await client.rest()
                    }
                }
            }
            #expect(text.contains(#"{"address":"127.0.0.1","connections":2,"requests":2,"bytes_in":5,"bytes_out":"#))
            #expect(!text.contains(#""bytes_out":0,"protocol""#))
            #expect(text.contains(#""protocol":"HTTP/1.1","agent":"my \"cam\"""#), "\(text)")
            #expect(text.contains(#""others":{"requests":0,"bytes_in":0,"bytes_out":0}"#))
            let page = await relay.metrics()
            #expect(page.contains("trickle_requests_total{protocol=\"HTTP/1.1\"} 2\n"))
            #expect(page.contains("trickle_requests_total{protocol=\"HTTP/2\"} 0\n"))
        }
    }
}
