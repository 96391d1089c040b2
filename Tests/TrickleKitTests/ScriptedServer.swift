import Foundation
import TrickleKit
import TrickleTesting

/// A server on a free loopback port that does what a test tells it, byte by byte. It closes when the test lets go of it.
final class ScriptedServer: Sendable {
    private let descriptor: Int32
    let port: UInt16

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard bound else { throw Failure(description: "no loopback port: \(String(cString: strerror(errno)))") }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }

    var relay: RelayURL { try! RelayURL("http://127.0.0.1:\(port)") }

    /// Whether a connection waits to be taken.
    var hasConnection: Bool { isReadable(descriptor) }

    /// The next connection; fails when none comes for minutes.
    func accept() async throws -> ScriptedConnection { try await blocking { try self.acceptNow() } }

    /// As ``accept()``, for a ``ServerScript``.
    func acceptNow() throws -> ScriptedConnection {
        var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waited, 1, Int32(TestLimit.wait / .milliseconds(1))) == 1 else {
            throw Failure(description: "nobody connected")
        }
        return ScriptedConnection(Glibc.accept(descriptor, nil, nil))
    }
}

/// The server's end of one connection.
final class ScriptedConnection: @unchecked Sendable {
    private let descriptor: Int32
    private var received: [UInt8] = []

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: Int(TestLimit.wait / .seconds(1)), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    /// Whether more has come, or the end.
    var hasInput: Bool { !received.isEmpty || isReadable(descriptor) }

    /// For a ``ServerScript``: waits until more comes.
    ///
    /// - Returns: false when another connection comes first.
    func waitForInput(orConnectionOf server: ScriptedServer) -> Bool {
        while !hasInput {
            if server.hasConnection { return false }
            usleep(1000)
        }
        return true
    }

    /// One request head, without its empty line.
    func readHead() async throws -> RequestHead { try await blocking { try self.readHeadNow() } }

    /// As ``readHead()``, for a ``ServerScript``.
    func readHeadNow() throws -> RequestHead {
        while true {
            if let end = received.firstRange(of: Array("\r\n\r\n".utf8)) {
                let text = String(decoding: received[..<end.lowerBound], as: UTF8.self)
                received.removeSubrange(..<end.upperBound)
                return RequestHead(text)
            }
            guard try receive() else { throw ScriptedServer.Failure(description: "closed before a head") }
        }
    }

    /// The data of the next chunk; nil for the last one.
    func readChunk() async throws -> [UInt8]? { try await blocking { try self.readChunkNow() } }

    /// As ``readChunk()``, for a ``ServerScript``.
    func readChunkNow() throws -> [UInt8]? {
        while true {
            if let line = received.firstRange(of: [13, 10]),
                let size = Int(String(decoding: received[..<line.lowerBound], as: UTF8.self), radix: 16),
                received.count >= line.upperBound + size + 2
            {
                let data = Array(received[line.upperBound..<line.upperBound + size])
                received.removeSubrange(..<(line.upperBound + size + 2))
                return size == 0 ? nil : data
            }
            guard try receive() else { throw ScriptedServer.Failure(description: "closed within a chunk") }
        }
    }

    /// The next bytes, for a ``ServerScript``.
    func readNow(count: Int) throws -> [UInt8] {
        while received.count < count {
            guard try receive() else { throw ScriptedServer.Failure(description: "closed within a body") }
        }
        defer { received.removeFirst(count) }
        return Array(received.prefix(count))
    }

    /// All bytes of a chunked body to its last chunk.
    func readBody() async throws -> [UInt8] {
        var body: [UInt8] = []
        while let chunk = try await readChunk() { body += chunk }
        return body
    }

    /// Waits until the client has closed its end.
    func readToClose() async throws { try await blocking { try self.readToCloseNow() } }

    /// As ``readToClose()``, for a ``ServerScript``.
    func readToCloseNow() throws { while try receive() {} }

    /// Sends text as it stands, with LF as CRLF.
    func send(_ text: String) async throws { try await blocking { try self.sendNow(text) } }

    func send(_ bytes: [UInt8]) async throws { try await blocking { try self.sendNow(bytes) } }

    /// As `send(_:)`, for a ``ServerScript``.
    func sendNow(_ text: String) throws {
        try sendNow(Array(text.replacingOccurrences(of: "\n", with: "\r\n").utf8))
    }

    func sendNow(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ScriptedServer.Failure(description: "the client has gone") }
            rest = rest.dropFirst(count)
        }
    }

    /// An answer with a body of known length, at once, so that a client that has its head has all of it.
    func answer(_ status: String, _ fields: [String: String] = [:], body: String = "") async throws {
        try await blocking { try self.answerNow(status, fields, body: body) }
    }

    /// As ``answer(_:_:body:)``, for a ``ServerScript``.
    func answerNow(_ status: String, _ fields: [String: String] = [:], body: String = "") throws {
        let lines = fields.map { "\($0.key): \($0.value)\n" }.sorted().joined()
        let head = "HTTP/1.1 \(status)\n\(lines)Content-Length: \(body.utf8.count)\n\n"
        try sendNow(Array((head.replacingOccurrences(of: "\n", with: "\r\n") + body).utf8))
    }

    func sendChunk(_ bytes: [UInt8]) async throws {
        try await send(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [13, 10])
    }

    /// How many bytes go out before the client has taken none for `quiet` milliseconds, of at most `limit`.
    func sendUntilFull(chunk: [UInt8], limit: Int) async throws -> Int {
        try await blocking {
            var sent = 0
            while sent < limit {
                var waited = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&waited, 1, 500) == 1 else { return sent }
                let count = chunk.withUnsafeBytes {
                    Glibc.send(
                        self.descriptor, $0.baseAddress, $0.count,
                        Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                }
                guard count > 0 else { continue }
                sent += count
            }
            return sent
        }
    }

    /// Breaks the connection with a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        shutdownNow()
    }

    /// Ends the connection without a word more.
    func shutdownNow() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func receive() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno == EAGAIN { throw ScriptedServer.Failure(description: "the client sent nothing") }
        guard count > 0 else { return false }
        received += buffer[..<count]
        return true
    }
}

private func isReadable(_ descriptor: Int32) -> Bool {
    var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&waited, 1, 0) == 1
}

/// The head of a request as it came.
struct RequestHead {
    let line: String
    let fields: [String: String]

    init(_ text: String) {
        var lines = text.components(separatedBy: "\r\n")
        line = lines.removeFirst()
        fields = Dictionary(
            lines.map { field in
                let parts = field.split(separator: ":", maxSplits: 1).map(String.init)
                return (parts[0].lowercased(), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
            }, uniquingKeysWith: { $1 })
    }
}

/// Runs what blocks away from the threads of Swift's tasks.
func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}
