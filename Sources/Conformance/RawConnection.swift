import Foundation

/// A TCP connection whose every byte is in the caller's hand: what is sent, when, and what came back.
///
/// It belongs to one thread, which it blocks; no call waits longer than its deadline.
package final class RawConnection {
    /// What of the exchange is kept for the report: 16 KiB of each direction.
    private static let transcriptLimit = 16 << 10
    /// A peer that sends more than this before the caller takes it is refused: 64 MiB.
    private static let bufferLimit = 64 << 20

    /// How long one call waits for bytes, or for room to send them.
    var patience: Duration
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private var bufferStart = 0
    /// The peer has closed.
    private(set) var hasEnded = false
    /// It did so by a reset.
    private(set) var wasReset = false
    private(set) var transcript: [(isSent: Bool, text: String)] = []
    private var transcriptSizes = (sent: 0, received: 0)
    var framing = BodyFraming.none

    /// - Parameters:
    ///   - source: the own address, where it has to be a certain one of IPv4.
    ///   - receiveBufferSize: the kernel's buffer in bytes, where a slow reader is wanted.
    package init(
        to target: ConformanceTarget, from source: String? = nil, patience: Duration, receiveBufferSize: Int? = nil
    ) throws {
        self.patience = patience
        descriptor = try Self.open(target, from: source, patience: patience, receiveBufferSize: receiveBufferSize)
    }

    deinit { close() }

    // MARK: Sending

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends all of it.
    ///
    /// - Throws: ``ConformanceFailure`` when the peer takes nothing for so long, or has closed.
    package func send(_ bytes: [UInt8]) throws {
        record(bytes[...], isSent: true)
        var deadline = ContinuousClock.now + patience
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Socket.send(descriptor, $0.baseAddress! + sent, $0.count - sent) }
            if count > 0 {
                sent += count
                deadline = .now + patience
            } else if errno == EAGAIN || errno == EINTR {
                guard Socket.wait(descriptor, for: Int16(POLLOUT), until: deadline) else {
                    throw ConformanceFailure("the relay took only \(sent) of \(bytes.count) bytes in \(patience)")
                }
            } else {
                throw ConformanceFailure("sending failed: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Sends as much as the peer takes at the moment.
    ///
    /// - Returns: the number of bytes that it took.
    func sendSome(_ bytes: [UInt8]) -> Int {
        let count = bytes.withUnsafeBytes { Socket.send(descriptor, $0.baseAddress!, $0.count) }
        if count < 0, errno == ECONNRESET || errno == EPIPE { wasReset = true }
        return max(0, count)
    }

    /// The numbers of the two ends.
    var ports: (own: UInt16, peer: UInt16)? {
        guard let own = port(of: getsockname), let peer = port(of: getpeername) else { return nil }
        return (own, peer)
    }

    private func port(
        of ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> UInt16? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let status = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(descriptor, $0, &size) }
            guard status == 0 else { return nil }
            // The port stands at the same place in the addresses of both families.
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
    }

    /// Says that nothing more will be sent; answers still come.
    func shutDownSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() {
        guard descriptor >= 0 else { return }
        _ = Socket.close(descriptor)
        descriptor = -1
    }

    /// Closes in such a way that the peer sees a reset.
    func reset() {
        guard descriptor >= 0 else { return }
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    // MARK: Receiving

    /// Bytes that have come and have not been taken.
    var pending: ArraySlice<UInt8> { buffer[bufferStart...] }

    func take(_ count: Int) -> [UInt8] {
        let bytes = Array(pending.prefix(count))
        bufferStart += bytes.count
        if bufferStart == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            bufferStart = 0
        } else if bufferStart > 1 << 20 {
            buffer.removeFirst(bufferStart)
            bufferStart = 0
        }
        return bytes
    }

    enum Arrival {
        case bytes, end, nothing
    }

    /// Waits for more bytes.
    ///
    /// - Throws: ``ConformanceFailure`` when more comes than anybody asked for.
    func receive(until deadline: ContinuousClock.Instant) throws -> Arrival {
        if hasEnded { return .end }
        guard Socket.wait(descriptor, for: Int16(POLLIN), until: deadline) else { return .nothing }
        var block = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &block, block.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return .nothing }
        guard count > 0 else {
            hasEnded = true
            wasReset = count < 0
            return .end
        }
        block.removeLast(block.count - count)
        guard buffer.count + block.count <= Self.bufferLimit else {
            throw ConformanceFailure("the relay sent more than \(Self.bufferLimit) bytes that nobody asked for")
        }
        record(block[...], isSent: false)
        buffer += block
        return .bytes
    }

    // MARK: Transcript

    private func record(_ bytes: ArraySlice<UInt8>, isSent: Bool) {
        let used = isSent ? transcriptSizes.sent : transcriptSizes.received
        guard used < Self.transcriptLimit else { return }
        let shown = bytes.prefix(min(Self.transcriptLimit - used, 2048))
        var text = String(decoding: shown, as: UTF8.self)
        if shown.count < bytes.count { text += "… (\(bytes.count) bytes)" }
        transcript.append((isSent, text))
        if isSent { transcriptSizes.sent += shown.count } else { transcriptSizes.received += shown.count }
    }

    private static func open(
        _ target: ConformanceTarget, from source: String?, patience: Duration, receiveBufferSize: Int?
    ) throws -> Int32 {
        var reason = "no address"
        for address in try target.addresses() {
            let descriptor = socket(address.family, Socket.stream, 0)
            guard descriptor >= 0 else { throw ConformanceFailure("no socket: \(String(cString: strerror(errno)))") }
            if let receiveBufferSize { Socket.setReceiveBuffer(descriptor, byteCount: receiveBufferSize) }
            if let source, let problem = Socket.bind(descriptor, to: source) {
                _ = Socket.close(descriptor)
                throw ConformanceFailure("cannot connect from \(source): \(problem)")
            }
            if let problem = Socket.connect(descriptor, address.bytes, until: .now + patience) {
                reason = problem
                _ = Socket.close(descriptor)
                continue
            }
            return descriptor
        }
        throw ConformanceFailure("cannot connect to \(target.host):\(target.port): \(reason)")
    }
}
