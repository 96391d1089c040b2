import Foundation

/// The few socket calls that differ between systems, or need care.
package enum Socket {
    #if canImport(Glibc)
        package static let stream = Int32(SOCK_STREAM.rawValue)
        private static let sendFlags = Int32(MSG_NOSIGNAL)
    #else
        package static let stream = SOCK_STREAM
        private static let sendFlags: Int32 = 0
    #endif

    package static func send(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
        Foundation.send(descriptor, bytes, count, sendFlags)
    }

    package static func close(_ descriptor: Int32) -> Int32 { Foundation.close(descriptor) }

    /// How much the kernel keeps for a reader that does not read.
    package static func setReceiveBuffer(_ descriptor: Int32, byteCount: Int) {
        var size = Int32(byteCount)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Looks after so many silent seconds whether the peer is still there.
    package static func keepAlive(_ descriptor: Int32, after seconds: Int32) {
        #if canImport(Glibc)
            let idle = TCP_KEEPIDLE
        #else
            let idle = TCP_KEEPALIVE
        #endif
        for (level, option, value) in [(SOL_SOCKET, SO_KEEPALIVE, 1), (Int32(IPPROTO_TCP), idle, seconds)] {
            var value = value
            setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    /// Waits until the socket is ready for `events`, or has ended.
    ///
    /// - Returns: whether it is, before the deadline.
    package static func wait(_ descriptor: Int32, for events: Int16, until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = max(.zero, deadline - .now)
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let count = poll(&entry, 1, Int32(clamping: milliseconds + (left > .zero ? 1 : 0)))
            if count > 0 { return true }
            if count == 0, deadline <= .now { return false }
            if count < 0, errno != EINTR { return false }
        }
    }

    /// Lets it connect from an address of IPv4.
    ///
    /// - Returns: nil, or what went wrong.
    package static func bind(_ descriptor: Int32, to source: String) -> String? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        guard inet_pton(AF_INET, source, &address.sin_addr) == 1 else { return "no address" }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return status == 0 ? nil : String(cString: strerror(errno))
    }

    /// Connects, leaves the socket non-blocking and without delay for small writes.
    ///
    /// - Returns: nil, or what went wrong.
    package static func connect(_ descriptor: Int32, _ address: [UInt8], until deadline: ContinuousClock.Instant)
        -> String?
    {
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        #if !canImport(Glibc)
            setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &one, socklen_t(MemoryLayout<Int32>.size))
        #endif
        guard fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0 else { return "fcntl" }
        let status = address.withUnsafeBytes {
            Foundation.connect(
                descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        if status == 0 { return nil }
        guard errno == EINPROGRESS else { return String(cString: strerror(errno)) }
        guard wait(descriptor, for: Int16(POLLOUT), until: deadline) else { return "no answer" }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        return code == 0 ? nil : String(cString: strerror(code))
    }
}
