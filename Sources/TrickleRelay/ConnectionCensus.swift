import Logging
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Who is connected: how many in all, and from each address.
final class ConnectionCensus: Sendable {
    /// An address without its port; IPv6 as its /64, which is what one household or server has.
    struct Address: Hashable {
        fileprivate var high: UInt64 = 0
        fileprivate var low: UInt64 = 0
    }

    private struct State {
        var count = 0
        var counts: [Address: Int] = [:]
        var hasWarned = false
        var turnedAwayCount = 0
    }

    private let maximumPerAddress: Int
    private let descriptorLimit: Int
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    /// - Parameter descriptorLimit: how many connections there can be, about.
    init(maximumPerAddress: Int, descriptorLimit: Int = DescriptorLimit.current, logger: Logger) {
        self.maximumPerAddress = maximumPerAddress
        self.logger = logger
        self.descriptorLimit = descriptorLimit
    }

    /// Connections that were not admitted.
    var turnedAwayCount: Int { state.withLockedValue { $0.turnedAwayCount } }

    var count: Int { state.withLockedValue { $0.count } }

    /// Counts a connection in.
    ///
    /// - Returns: its address; nil when that has too many.
    func admit(_ descriptor: Int32) -> Address? {
        let address = Self.address(of: descriptor)
        let (isAdmitted, isNearLimit) = state.withLockedValue { state in
            guard state.counts[address, default: 0] < maximumPerAddress else {
                state.turnedAwayCount += 1
                return (false, false)
            }
            state.counts[address, default: 0] += 1
            state.count += 1
            let isNearLimit = !state.hasWarned && state.count > descriptorLimit / 10 * 9
            if isNearLimit { state.hasWarned = true }
            return (true, isNearLimit)
        }
        if isNearLimit {
            logger.warning("nine of ten of the \(descriptorLimit) descriptors are in use: raise the limit (ulimit -n)")
        }
        return isAdmitted ? address : nil
    }

    func dismiss(_ address: Address) {
        state.withLockedValue { state in
            state.count -= 1
            state.counts[address]! -= 1
            if state.counts[address] == 0 { state.counts[address] = nil }
        }
    }

    private static func address(of descriptor: Int32) -> Address {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let isKnown = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getpeername(descriptor, $0, &length) == 0
            }
            guard isKnown else { return Address() }
            guard Int32(pointer.pointee.ss_family) == AF_INET6 else {
                return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    Address(high: 0, low: UInt64($0.pointee.sin_addr.s_addr))
                }
            }
            return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) { Address(high: $0.loadUnaligned(as: UInt64.self), low: 0) }
            }
        }
    }
}
