import NIOCore
import NIOEmbedded
import Testing
import TrickleTesting

@testable import TrickleRelay

/// The PROXY protocol's headers, as bytes.
enum ProxyHeaderBytes {
    static func line(_ text: String) -> [UInt8] { Array("\(text)\r\n".utf8) }

    /// Version 2.
    static func binary(command: UInt8 = 0x21, family: UInt8, addresses: [UInt8], byteCount: Int? = nil) -> [UInt8] {
        let count = byteCount ?? addresses.count
        return [0x0D, 0x0A, 0x0D, 0x0A, 0, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, command, family]
            + [UInt8(count >> 8), UInt8(count & 0xFF)] + addresses
    }

    static let ipv4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1, 0x10, 0, 0x0B, 0x7B]
    static let ipv6: [UInt8] =
        [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
        + [UInt8](repeating: 0, count: 15) + [1] + [0x10, 0, 0x0B, 0x7B]
}

@Suite struct ProxyHeaderTests {
    private static let headers: [(bytes: [UInt8], client: String?)] = [
        (ProxyHeaderBytes.line("PROXY TCP4 192.0.2.1 198.51.100.1 4096 2939"), "192.0.2.1"),
        (ProxyHeaderBytes.line("PROXY TCP6 2001:db8::1 ::1 4096 2939"), "2001:db8::1"),
        (ProxyHeaderBytes.line("PROXY UNKNOWN"), nil),
        (ProxyHeaderBytes.line("PROXY UNKNOWN ff::1 ff::2 1 2"), nil),
        (ProxyHeaderBytes.binary(family: 0x11, addresses: ProxyHeaderBytes.ipv4), "192.0.2.1"),
        (ProxyHeaderBytes.binary(family: 0x11, addresses: ProxyHeaderBytes.ipv4 + [4, 0, 1, 0]), "192.0.2.1"),
        (ProxyHeaderBytes.binary(family: 0x21, addresses: ProxyHeaderBytes.ipv6), "2001:db8::1"),
        (ProxyHeaderBytes.binary(family: 0x31, addresses: [UInt8](repeating: 0x61, count: 216)), nil),
        (ProxyHeaderBytes.binary(family: 0, addresses: []), nil),
        (ProxyHeaderBytes.binary(command: 0x20, family: 0x11, addresses: ProxyHeaderBytes.ipv4), nil),
    ]

    @Test(arguments: headers)
    func `a header names its client, and tells where it ends`(bytes: [UInt8], client: String?) {
        let client = client.flatMap { ClientAddress($0) }
        #expect(ProxyHeader(bytes) == .present(byteCount: bytes.count, client: client))
        #expect(
            ProxyHeader(bytes + Array("GET / HTTP/1.1\r\n".utf8)) == .present(byteCount: bytes.count, client: client))
        for count in 0..<bytes.count { #expect(ProxyHeader(bytes.prefix(count)) == .incomplete) }
    }

    @Test(arguments: [
        ProxyHeaderBytes.line("PROXY TCP4 192.0.2.1 198.51.100.1 4096"),
        ProxyHeaderBytes.line("PROXY TCP4 192.0.2.1 198.51.100.1 4096 65536"),
        ProxyHeaderBytes.line("PROXY TCP4 192.0.2.1  198.51.100.1 4096 2939"),
        ProxyHeaderBytes.line("PROXY TCP4 ::1 ::1 4096 2939"), ProxyHeaderBytes.line("PROXY TCP6 192.0.2.1 ::1 1 2"),
        ProxyHeaderBytes.line("PROXY UDP4 192.0.2.1 198.51.100.1 4096 2939"), ProxyHeaderBytes.line("PROXY "),
        ProxyHeaderBytes.line("PROXY \u{301}"), ProxyHeaderBytes.line("PROXY\u{20}\u{301}UNKNOWN"),
        ProxyHeaderBytes.line("PROXY TCP4 192.0.2.1 198.51.100.1 +1 +2"),
        ProxyHeaderBytes.line("PROXY TCP4 192.0.2.1\u{0}x 198.51.100.1 1 2"),
        Array("PROXY UNKNOWN\n".utf8), Array("PROXY \(String(repeating: "x", count: 200))".utf8),
        ProxyHeaderBytes.binary(command: 0x11, family: 0x11, addresses: ProxyHeaderBytes.ipv4),
        ProxyHeaderBytes.binary(command: 0x22, family: 0x11, addresses: ProxyHeaderBytes.ipv4),
        ProxyHeaderBytes.binary(family: 0x11, addresses: [192, 0, 2, 1]),
        ProxyHeaderBytes.binary(family: 0x21, addresses: ProxyHeaderBytes.ipv4),
        ProxyHeaderBytes.binary(family: 0x11, addresses: ProxyHeaderBytes.ipv4, byteCount: 5000),
    ])
    func `what begins as a header and breaks its rules is malformed`(bytes: [UInt8]) {
        #expect(ProxyHeader(bytes) == .malformed)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "POST", "PRI * HTTP/2.0\r\n", "PROXYING", "\r\nGET /", "\r\n\r\nGET", "\u{0}",
    ])
    func `other bytes are the client's own`(text: String) {
        #expect(ProxyHeader(Array(text.utf8)) == .absent)
    }

    @Test func `no bytes behind the beginning of a header are too much`() {
        var numbers = SeededNumbers(seed: 150)
        for _ in 0..<20_000 {
            let start = [Array("PROXY ".utf8), Array("PROXY TCP4 ".utf8), Array(Self.headers[4].bytes.prefix(14))]
                .randomElement(using: &numbers)!
            let rest = (0..<Int.random(in: 0...140, using: &numbers)).map { _ in
                [0x20, 0x0D, 0x0A, 0x31, 0x2E, 0xCC, 0x81, UInt8.random(in: 0...255, using: &numbers)]
                    .randomElement(using: &numbers)!
            }
            // All that matters is that there is an answer, within the bytes.
            if case .present(let byteCount, _) = ProxyHeader(start + rest) {
                #expect(byteCount <= start.count + rest.count)
            }
        }
    }

    /// What the handler passes on of `pieces`: clients as text, then bytes.
    private func passedOn(_ pieces: [[UInt8]]) throws -> (names: [String], bytes: [UInt8]) {
        final class Names: ChannelInboundHandler {
            typealias InboundIn = ByteBuffer
            var names: [String] = []
            func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
                guard let named = event as? ProxyHeaderHandler.Named else { return }
                names.append(named.client?.description ?? "nobody")
            }
        }
        let names = Names()
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers(ProxyHeaderHandler(), names)
        var bytes: [UInt8] = []
        for piece in pieces {
            try channel.writeInbound(ByteBuffer(bytes: piece))
            while let passed = try channel.readInbound(as: ByteBuffer.self) { bytes += passed.readableBytesView }
        }
        _ = try channel.finish()
        return (names.names, bytes)
    }

    @Test(arguments: headers)
    func `however the bytes are cut, the request behind the header comes whole`(bytes: [UInt8], client: String?) throws
    {
        let request = Array("GET /cam/0 HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        let all = bytes + request
        let name = client ?? "nobody"
        var numbers = SeededNumbers(seed: 15)
        for cutting in 0..<30 {
            var pieces: [[UInt8]] = []
            var rest = all[...]
            while !rest.isEmpty {
                let count = cutting == 0 ? 1 : cutting == 1 ? rest.count : Int.random(in: 1...20, using: &numbers)
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            let passed = try passedOn(pieces)
            #expect(passed.bytes == request)
            #expect(passed.names == [name] || passed.names == ["\(name)"])
        }
        #expect(try passedOn([bytes]).names == ["\(name)"])
        #expect(try passedOn([all]).names == [name])
        // Without a header nothing is kept back.
        #expect(try passedOn([request]) == ([], request))
    }
}
