import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Sends on a socket at once, past NIO's queue.
struct SendingSocket {
    let descriptor: Int32

    /// Buffers that go with one call: pieces, a head before them and an end behind. More are left over.
    static let maximumBufferCount = SegmentCursor.maximumBatchPieceCount + 2

    /// What `SO_LINGER` is set to so that closing resets the connection.
    static let reset = linger(l_onoff: 1, l_linger: 0)

    /// - Returns: the bytes that the socket took; below 0 for an error.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        #elseif canImport(Musl)
            Musl.send(descriptor, bytes.baseAddress, bytes.count, MSG_NOSIGNAL)
        #else
            Darwin.send(descriptor, bytes.baseAddress, bytes.count, 0)
        #endif
    }

    /// As ``send(_:)-(UnsafeRawBufferPointer)``, of several buffers in order.
    func send(_ buffers: [ByteBuffer]) -> Int {
        if buffers.count == 1 { return buffers[0].withUnsafeReadableBytes { send($0) } }
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: Self.maximumBufferCount) { parts in
            var count = 0
            for buffer in buffers.prefix(Self.maximumBufferCount) {
                // The list holds the buffers until the call has returned, and nobody changes them meanwhile.
                buffer.withUnsafeReadableBytes { bytes in
                    let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                    parts.initializeElement(at: count, to: iovec(iov_base: base, iov_len: bytes.count))
                }
                count += 1
            }
            var message = msghdr()
            message.msg_iov = parts.baseAddress
            message.msg_iovlen = .init(count)
            #if canImport(Darwin)
                return sendmsg(descriptor, &message, 0)
            #else
                return sendmsg(descriptor, &message, .init(MSG_NOSIGNAL))
            #endif
        }
    }
}
