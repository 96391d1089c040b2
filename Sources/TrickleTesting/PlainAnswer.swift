import NIOCore
import TrickleRelay

/// A whole answer of a relay, on a connection of its own.
public struct PlainAnswer: Sendable {
    public let status: Int
    /// Names in small letters.
    public let fields: [String: String]
    public let body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }

    /// Sends a request and reads the answer to its end.
    ///
    /// - Parameter fields: as lines, without their ends.
    public static func to(
        _ target: String, method: String = "GET", fields: [String] = [], of relay: RelayServer
    ) async throws -> PlainAnswer {
        let lines = ["\(method) \(target) HTTP/1.1", "Host: relay", "Connection: close"] + fields
        return try await PlainClient.with(relay) { client in
            try await client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
            var bytes: [UInt8] = []
            while let more = try await client.next() { bytes += more.readableBytesView }
            return PlainAnswer(bytes)
        }
    }

    private init(_ bytes: [UInt8]) {
        let end = bytes.indices.first { bytes[$0...].starts(with: Array("\r\n\r\n".utf8)) } ?? bytes.count
        var lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        status = lines.isEmpty ? 0 : Int(lines.removeFirst().split(separator: " ")[1]) ?? 0
        var fields: [String: String] = [:]
        for line in lines {
            let halves = line.split(separator: ":", maxSplits: 1)
            fields[halves[0].lowercased()] = halves.count > 1 ? String(halves[1].drop { $0 == " " }) : ""
        }
        self.fields = fields
        let rest = bytes[min(end + 4, bytes.count)...]
        body = fields["transfer-encoding"] == "chunked" ? Self.payload(of: rest) : Array(rest)
    }

    private static func payload(of chunks: ArraySlice<UInt8>) -> [UInt8] {
        var rest = chunks
        var payload: [UInt8] = []
        while let lineEnd = rest.firstIndex(of: 13),
            let count = Int(String(decoding: rest[rest.startIndex..<lineEnd], as: UTF8.self), radix: 16), count > 0
        {
            let start = lineEnd + 2
            guard start + count <= rest.endIndex else { break }
            payload += rest[start..<start + count]
            rest = rest[min(start + count + 2, rest.endIndex)...]
        }
        return payload
    }
}
