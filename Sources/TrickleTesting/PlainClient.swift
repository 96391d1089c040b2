import NIOCore
import NIOPosix
import TrickleRelay

/// A TCP connection to a relay: what is sent on it is in the test's hand.
public final class PlainClient {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    /// What has come and was not asked for yet.
    private var unread = ByteBuffer()

    private init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    /// - Parameters:
    ///   - receiveBuffer: bytes that the kernel keeps for a client that does not read; nil for its own choice.
    ///   - readSize: the most bytes that are read at a time; nil for as many as there are.
    public static func with<Result>(
        _ relay: RelayServer, receiveBuffer: Int? = nil, readSize: Int? = nil,
        _ body: (PlainClient) async throws -> Result
    ) async throws -> Result {
        try await with(port: relay.port, receiveBuffer: receiveBuffer, readSize: readSize, body)
    }

    /// As above, to any port of 127.0.0.1.
    public static func with<Result>(
        port: Int, receiveBuffer: Int? = nil, readSize: Int? = nil, _ body: (PlainClient) async throws -> Result
    ) async throws -> Result {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        if let receiveBuffer { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: receiveBuffer) }
        if let readSize {
            let allocator = FixedSizeRecvByteBufferAllocator(capacity: readSize)
            bootstrap = bootstrap.channelOption(.recvAllocator, value: allocator)
        }
        let connection = try await bootstrap.connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(isOutboundHalfClosureEnabled: true))
            }
        }
        return try await connection.executeThenClose { inbound, outbound in
            try await body(PlainClient(inbound, outbound))
        }
    }

    public func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    public func endSending() { outbound.finish() }

    public func send(_ bytes: ByteBuffer) async throws { try await outbound.write(bytes) }

    /// All that comes until the relay closes; a reset is an end too.
    public func rest() async -> String {
        do { while try await receive() {} } catch {}
        return String(buffer: unread.readSlice(length: unread.readableBytes)!)
    }

    /// All that comes up to and with the first `end`, or until the relay closes.
    public func read(to end: String) async throws -> String {
        let end = Array(end.utf8)
        var searched = 0
        while true {
            if let count = unread.firstEnd(of: end, from: max(0, searched - end.count)) {
                return String(buffer: unread.readSlice(length: count)!)
            }
            searched = unread.readableBytes
            guard try await receive() else { return await rest() }
        }
    }

    /// That many bytes, or fewer when the relay closes.
    public func read(count: Int) async throws -> [UInt8] {
        while unread.readableBytes < count, try await receive() {}
        return unread.readBytes(length: min(count, unread.readableBytes))!
    }

    /// A body in chunks (RFC 9112, section 7.1) up to its last chunk, or until the relay closes.
    ///
    /// - Parameter end: it is left there when it has come so far.
    public func chunkedBody(to end: String? = nil) async throws -> [UInt8] {
        var body: [UInt8] = []
        while let size = Int(try await read(to: "\r\n").dropLast(1), radix: 16) {
            body += try await read(count: size)
            _ = try await read(to: "\r\n")
            if size == 0 { break }
            if let end, body.suffix(end.utf8.count).elementsEqual(end.utf8) { break }
        }
        return body
    }

    private func receive() async throws -> Bool {
        guard let bytes = try await inbound.next() else { return false }
        unread.writeImmutableBuffer(bytes)
        return true
    }

    /// Some bytes; nil at the end.
    public func next() async throws -> ByteBuffer? { try await inbound.next() }

    /// All of an answer without a body of its own.
    public func answer() async throws -> String { try await read(to: "\r\n\r\n") }
}

/// Requests as bytes.
public enum PlainRequest {
    /// The head of a POST whose body comes in chunks.
    public static func post(_ target: String) -> String {
        "POST \(target) HTTP/1.1\r\nHost: relay\r\nTransfer-Encoding: chunked\r\n\r\n"
    }

    /// Makes a channel.
    public static func create(_ target: String) -> String { "POST \(target) HTTP/1.1\r\nHost: relay\r\n\r\n" }

    public static func get(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: relay\r\n\r\n" }

    public static func chunk(_ payload: String) -> String {
        String(payload.utf8.count, radix: 16) + "\r\n\(payload)\r\n"
    }

    public static let lastChunk = "0\r\n\r\n"
}

extension ByteBuffer {
    /// How many readable bytes there are up to the end of the first `pattern` that begins at `start` or later; nil without one.
    fileprivate func firstEnd(of pattern: [UInt8], from start: Int) -> Int? {
        withUnsafeReadableBytes { bytes in
            guard bytes.count >= pattern.count, start <= bytes.count - pattern.count else { return nil }
            return (start...(bytes.count - pattern.count)).first { place in
                bytes[place] == pattern[0] && bytes[place..<place + pattern.count].elementsEqual(pattern)
            }.map { $0 + pattern.count }
        }
    }
}
