import ChildProcesses
import Sockets
import Synchronization
import TrickleCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Opens sockets. Names are looked up and connections waited for on a thread of its own, which nobody has to wait for.
enum SocketOpening {
    /// What the system keeps of datagrams until they are read, if it may be so much: 4 MiB.
    private static let datagramBufferSize: Int32 = 4 << 20

    /// A connection to the first address of a name that takes it.
    ///
    /// - Throws: ``SourceFailure``; `CancellationError`.
    static func connect(to address: NetworkAddress, within limit: Duration) async throws -> OwnedDescriptor {
        try await onThread {
            var failure = SourceFailure("tcp://\(address) has no address")
            let deadline = ContinuousClock.now + limit
            for candidate in try resolve(address, type: SystemAddress.streamType) {
                do throws(SourceFailure) {
                    let descriptor = try connect(to: candidate, name: "tcp://\(address)", by: deadline)
                    keepAlive(descriptor.rawValue)
                    return descriptor
                } catch { failure = error }
            }
            throw failure
        }
    }

    /// A connection to a Unix socket.
    static func connect(toUnixSocket path: String, within limit: Duration) async throws -> OwnedDescriptor {
        try await onThread {
            guard let address = SystemAddress(unixPath: path) else {
                throw SourceFailure(
                    "\(path) is longer than the \(SystemAddress.maximumPathByteCount) bytes that the path of a socket may have"
                )
            }
            return try connect(to: address, name: path, by: .now + limit)
        }
    }

    /// A socket that gets datagrams.
    static func bind(to address: DatagramAddress) async throws -> OwnedDescriptor {
        try await onThread {
            let name = "udp://\(address)"
            let local = try resolve(address.local, type: SystemAddress.datagramType, isPassive: true)[0]
            let sender = try address.sender.map {
                try resolve(NetworkAddress(host: $0, port: address.local.port), type: SystemAddress.datagramType)[0]
            }
            let descriptor = try socket(local.family, SystemAddress.datagramType, name)
            // Several may listen to a group, each getting all of it. Of what comes to this machine alone, each datagram goes to one.
            if local.isMulticast { set(SOL_SOCKET, SO_REUSEADDR, 1, on: descriptor) }
            set(SOL_SOCKET, SO_RCVBUF, datagramBufferSize, on: descriptor)
            guard local.withPointer({ systemBind(descriptor.rawValue, $0, $1) }) == 0 else {
                throw SourceFailure("cannot listen at \(name): \(SystemError("").reason)")
            }
            if local.isMulticast { try join(local, sender, address.interface, descriptor, name) }
            return descriptor
        }
    }

    // MARK: Steps

    private static func connect(
        to address: SystemAddress, name: String, by deadline: ContinuousClock.Instant
    ) throws(SourceFailure) -> OwnedDescriptor {
        let descriptor = try socket(address.family, SystemAddress.streamType, name)
        _ = fcntl(descriptor.rawValue, F_SETFL, O_NONBLOCK)
        if address.withPointer({ systemConnect(descriptor.rawValue, $0, $1) }) == 0 { return descriptor }
        var code = errno
        if code == EINPROGRESS {
            guard isReady(descriptor.rawValue, by: deadline) else {
                throw SourceFailure(
                    "\(name) does not answer: is the address right, and nothing in between that blocks it?")
            }
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor.rawValue, SOL_SOCKET, SO_ERROR, &code, &size)
        }
        guard code == 0 else { throw SourceFailure("cannot connect to \(name): \(SystemError(code, "").reason)") }
        return descriptor
    }

    private static func isReady(_ descriptor: Int32, by deadline: ContinuousClock.Instant) -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let left = max(0, (deadline - .now) / .milliseconds(1))
            let count = poll(&entry, 1, Int32(min(left.rounded(.up), 1e6)))
            if count > 0 { return true }
            if count == 0 && deadline <= .now { return false }
        }
    }

    private static func socket(
        _ family: Int32, _ type: Int32, _ name: String
    ) throws(SourceFailure) -> OwnedDescriptor {
        let number = systemSocket(family, type)
        guard number >= 0 else { throw SourceFailure("cannot open \(name): \(SystemError("").reason)") }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        return OwnedDescriptor(number)
    }

    /// A peer that vanishes without a word is found out, though the stall time is what usually tells.
    private static func keepAlive(_ descriptor: Int32) {
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    @discardableResult
    private static func set(_ level: Int32, _ option: Int32, _ value: Int32, on descriptor: OwnedDescriptor) -> Bool {
        var value = value
        return setsockopt(descriptor.rawValue, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    /// Joins a group, of all senders or of one (RFC 3678, section 5.1).
    private static func join(
        _ group: SystemAddress, _ sender: SystemAddress?, _ interface: String?, _ descriptor: OwnedDescriptor,
        _ name: String
    ) throws(SourceFailure) {
        var index: UInt32 = 0
        if let interface {
            index = if_nametoindex(interface)
            if index == 0 { throw SourceFailure("there is no interface '\(interface)': 'ip link' lists them") }
        }
        let level = group.family == AF_INET6 ? Int32(IPPROTO_IPV6) : Int32(IPPROTO_IP)
        let status: Int32
        if let sender {
            var request = group_source_req()
            request.gsr_interface = index
            request.gsr_group = group.raw
            request.gsr_source = sender.raw
            status = setsockopt(
                descriptor.rawValue, level, MCAST_JOIN_SOURCE_GROUP, &request,
                socklen_t(MemoryLayout<group_source_req>.size))
        } else {
            var request = group_req()
            request.gr_interface = index
            request.gr_group = group.raw
            status = setsockopt(
                descriptor.rawValue, level, MCAST_JOIN_GROUP, &request, socklen_t(MemoryLayout<group_req>.size))
        }
        guard status == 0 else {
            let hint = interface == nil ? ": name one with 'interface:'" : ""
            throw SourceFailure("cannot join the group of \(name): \(SystemError("").reason)\(hint)")
        }
    }

    private static func resolve(
        _ address: NetworkAddress, type: Int32, isPassive: Bool = false
    ) throws(SourceFailure) -> [SystemAddress] {
        do {
            return try SystemAddress.resolve(
                address.host.isEmpty ? nil : address.host, port: address.port, type: type, isPassive: isPassive)
        } catch {
            throw SourceFailure("there is no host '\(address.host)' (\(error.reason)): check its spelling")
        }
    }

    // MARK: Threads

    /// Runs `work` on a thread. Whoever is cancelled goes on at once; what comes of the work is let go then.
    private static func onThread(
        _ work: @escaping @Sendable () throws -> OwnedDescriptor
    ) async throws -> OwnedDescriptor {
        let outcome = Outcome()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                outcome.await(continuation)
                do {
                    try DedicatedThread.start { outcome.come(Result { try work() }) }
                } catch {
                    outcome.come(.failure(error))
                }
            }
        } onCancel: {
            outcome.come(.failure(CancellationError()))
        }
    }

    /// The first of what comes.
    private final class Outcome: Sendable {
        private enum State {
            case open
            case awaited(CheckedContinuation<OwnedDescriptor, any Error>)
            case come(Result<OwnedDescriptor, any Error>)
        }

        private let state = Mutex(State.open)

        func await(_ continuation: CheckedContinuation<OwnedDescriptor, any Error>) {
            let result: Result<OwnedDescriptor, any Error>? = state.withLock { state in
                if case .come(let result) = state { return result }
                state = .awaited(continuation)
                return nil
            }
            if let result { continuation.resume(with: result) }
        }

        func come(_ result: Result<OwnedDescriptor, any Error>) {
            let continuation: CheckedContinuation<OwnedDescriptor, any Error>? = state.withLock { state in
                switch state {
                case .open:
                    state = .come(result)
                    return nil
                case .awaited(let continuation):
                    state = .come(result)
                    return continuation
                case .come: return nil
                }
            }
            continuation?.resume(with: result)
        }
    }
}

// Methods of the same names hide the C functions.
private func systemSocket(_ family: Int32, _ type: Int32) -> Int32 { socket(family, type, 0) }
private func systemConnect(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(descriptor, address, length)
}
private func systemBind(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    bind(descriptor, address, length)
}
