import Conformance

/// Frames of HTTP/2 that cost the relay more than the client.
extension Attack {
    static let http2 = [shutWindows, resetStreams, paddedBytes]

    private static let shutWindows = Attack(
        "http2-shut-windows",
        "100 GETs of 4 MiB on each of 20 connections, whose windows open by one byte again and again",
        preparation: { _ in
            [
                AttackScript(bodyOf: 4 << 20, count: 1) { _ in AttackRequest.post("/shut/0", byteCount: 4 << 20) }
                    .with { $0.answers = 1 }
            ]
        }
    ) { _ in
        let streams = (0..<100).map { UInt32(1 + 2 * $0) }
        let requests = streams.flatMap { HTTP2RawFrame.request("GET", "/shut/0", on: $0).bytes }
        let updates = streams.flatMap { HTTP2RawFrame.windowUpdate(of: $0, by: 1).bytes }
        let begin = HTTP2RawFrame.preface + HTTP2RawFrame.settings(initialWindow: 0).bytes + requests
        let script = AttackScript { $0 == 0 ? begin : updates }.with { $0.interval = .milliseconds(20) }
        return Array(repeating: script, count: 20)
    }

    private static let resetStreams = Attack(
        "http2-resets", "GETs that are reset at once, as fast as they go, on 8 connections that come again",
        preparation: { _ in [channel("reset")] }
    ) { _ in
        let script = AttackScript { index in
            let first = UInt32(1 + 200 * index)
            let pairs = stride(from: first, to: first + 200, by: 2).flatMap {
                HTTP2RawFrame.request("GET", "/reset/-1", on: $0).bytes + HTTP2RawFrame.reset(of: $0).bytes
            }
            return index == 0 ? HTTP2RawFrame.preface + HTTP2RawFrame.settings().bytes + pairs : pairs
        }
        return Array(repeating: script, count: 8)
    }

    private static let paddedBytes = Attack(
        "http2-padded-bytes", "bodies of one byte in each frame, on 8 connections that come again",
        preparation: { _ in [channel("padded")] }
    ) { _ in
        // Eight segments, as far as their windows go; what is sent beyond ends the connection.
        let frames = (0..<8).flatMap { HTTP2RawFrame.paddedByte(on: UInt32(1 + 2 * $0)).bytes }
        let block = Array(repeatElement(frames, count: 20).joined())
        let script = AttackScript { index in
            guard index == 0 else { return block }
            let requests = (0..<8).flatMap {
                HTTP2RawFrame.request("POST", "/padded/-1", on: UInt32(1 + 2 * $0), endsStream: false).bytes
            }
            return HTTP2RawFrame.preface + HTTP2RawFrame.settings().bytes + requests
        }
        return Array(repeating: script, count: 8)
    }
}

extension HTTP2RawFrame {
    fileprivate static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// - Parameter initialWindow: of each stream; nil for the usual.
    fileprivate static func settings(initialWindow: UInt32? = nil) -> Self {
        Self(type: Kind.settings, stream: 0, payload: initialWindow.map { [0, 4] + octets($0) } ?? [])
    }

    fileprivate static func windowUpdate(of stream: UInt32, by increment: UInt32) -> Self {
        Self(type: 8, stream: stream, payload: octets(increment))
    }

    /// A byte of a body, and 100 that are none (RFC 9113, section 6.1).
    fileprivate static func paddedByte(on stream: UInt32) -> Self {
        Self(type: Kind.data, flags: 8, stream: stream, payload: [100, 1] + [UInt8](repeating: 0, count: 100))
    }

    /// A request without fields of its own.
    ///
    /// Its fields (RFC 7541, appendix A): `:method` GET or POST, `:scheme` http, and two that are not remembered.
    fileprivate static func request(
        _ method: String, _ path: String, on stream: UInt32, endsStream: Bool = true
    ) -> Self {
        let fields: [UInt8] = [method == "GET" ? 0x82 : 0x83, 0x86]
        let block = fields + literal(4, path) + literal(1, "relay")
        return Self(type: Kind.headers, flags: endsStream ? 5 : 4, stream: stream, payload: block)
    }

    private static func literal(_ name: UInt8, _ value: String) -> [UInt8] {
        [name, UInt8(value.utf8.count)] + value.utf8
    }

    private static func octets(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
