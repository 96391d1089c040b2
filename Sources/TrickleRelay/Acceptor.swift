import Logging
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Accepts connections on a thread of its own.
///
/// The event loops would do it too, but they keep a connection's descriptor to themselves, and the relay sends on it.
final class Acceptor: Sendable {
    private let sockets: ListeningSockets
    private let logger: Logger
    private let failures: RateLimitedLog
    /// Written to once, to end the thread.
    private let stopPipe: (read: Int32, write: Int32)
    private let thread = NIOThreadPool(numberOfThreads: 1)

    var port: Int { sockets.port }
    /// Whether only this machine reaches it.
    var isOnLoopback: Bool { sockets.areOnLoopback }

    /// - Parameter failures: is told of connections that could not be accepted.
    init(_ sockets: ListeningSockets, failures: RateLimitedLog, logger: Logger) throws(SocketError) {
        self.sockets = sockets
        self.logger = logger
        self.failures = failures
        var pipes: [Int32] = [0, 0]
        guard pipe(&pipes) == 0 else { throw SocketError(call: "pipe") }
        stopPipe = (pipes[0], pipes[1])
    }

    /// Begins to accept.
    ///
    /// Both are called on the acceptor's thread.
    ///
    /// - Parameters:
    ///   - makeRoom: gives descriptors back, if it can, when there are none for a connection that waits.
    ///   - accepted: takes the connection's descriptor over, and is told where it comes from.
    func start(
        makeRoom: @escaping @Sendable () -> Bool, _ accepted: @escaping @Sendable (Int32, ClientAddress) -> Void
    ) {
        thread.start()
        thread.submit { _ in self.run(makeRoom, accepted) }
    }

    /// Closes a connection that is one too many, with an answer that is there before a request is.
    static func turnAway(_ descriptor: Int32, with commonFields: CommonFields) {
        let problem = RequestProblem.tooManyConnections
        var head = ResponseHead(problem)
        head.add("Connection", "close")
        head.add("Content-Length", problem.body.utf8.count)
        var bytes = head.encoded(now: HTTPDate(), with: commonFields)
        bytes.writeString(problem.body)
        _ = bytes.withUnsafeReadableBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
    }

    /// Stops listening; returns when the addresses are free again.
    func stop() async {
        _ = write(stopPipe.write, "x", 1)
        try? await thread.shutdownGracefully()
    }

    private func run(_ makeRoom: () -> Bool, _ accepted: (Int32, ClientAddress) -> Void) {
        var polled = (sockets.descriptors + [stopPipe.read]).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var isShort = false
        while true {
            // Without descriptors for new connections, those that wait are looked at again a little later.
            let ready =
                isShort ? poll(&polled[polled.count - 1], 1, 100) : poll(&polled, nfds_t(polled.count), -1)
            if ready < 0, errno != EINTR { break }
            if polled[polled.count - 1].revents != 0 { break }
            let wasShort = isShort
            isShort = sockets.descriptors.contains { !acceptAll($0, makeRoom, accepted) }
            if isShort, !wasShort {
                logger.error("no descriptors are left for new connections: raise the limit (ulimit -n)")
            }
        }
        for descriptor in sockets.descriptors + [stopPipe.read, stopPipe.write] { close(descriptor) }
    }

    private static func somebodyWaits(at listener: Int32) -> Bool {
        var polled = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) > 0
    }

    /// - Returns: false when the process has no descriptors left for those who wait.
    private func acceptAll(
        _ listener: Int32, _ makeRoom: () -> Bool, _ accepted: (Int32, ClientAddress) -> Void
    ) -> Bool {
        var hasMadeRoom = false
        while true {
            // Asked later, the address of one that has gone already is not known any more.
            var peer = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let descriptor = withUnsafeMutablePointer(to: &peer) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { accept(listener, $0, &length) }
            }
            if descriptor >= 0 {
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                accepted(descriptor, ClientAddress(peer))
                hasMadeRoom = false
                continue
            }
            switch errno {
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                // The system says so also where nobody waits.
                guard Self.somebodyWaits(at: listener) else { return true }
                guard !hasMadeRoom, makeRoom() else { return false }
                hasMadeRoom = true
            case EINTR, ECONNABORTED: continue
            case EAGAIN: return true
            case let code:
                failures.happened { "a connection could not be accepted: \(SocketError(code: code))" }
                return true
            }
        }
    }
}
