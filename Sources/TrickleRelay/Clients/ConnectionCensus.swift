import Logging
import NIOConcurrencyHelpers

/// Who is connected: how many in all, and from each address.
final class ConnectionCensus: Sendable {
    private struct State {
        var count = 0
        var counts: [ClientAddress: Int] = [:]
        var hasWarned = false
        var turnedAwayCount = 0
        /// Connections of one address.
        var maximumPerAddress: Int

        mutating func countIn(_ address: ClientAddress) -> Bool {
            guard counts[address, default: 0] < maximumPerAddress else {
                turnedAwayCount += 1
                return false
            }
            counts[address, default: 0] += 1
            return true
        }

        mutating func countOut(_ address: ClientAddress) {
            counts[address]! -= 1
            if counts[address] == 0 { counts[address] = nil }
        }
    }

    /// How the census stands.
    struct Report {
        /// Connections that are open.
        var count = 0
        /// Addresses, of IPv6 networks, that they are counted by.
        var clientCount = 0
        /// Connections and requests that were not admitted.
        var turnedAwayCount = 0
    }

    let proxies: TrustedProxies
    private let maximum: Int?
    private let descriptorLimit: Int
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - maximum: Connections in all; nil for no limit.
    ///   - proxies: Whose clients are counted instead of themselves.
    ///   - descriptorLimit: How many connections there can be, about.
    init(
        maximum: Int? = nil, maximumPerAddress: Int, proxies: TrustedProxies = TrustedProxies(),
        descriptorLimit: Int = DescriptorLimit.current, logger: Logger
    ) {
        self.maximum = maximum
        state = NIOLockedValueBox(State(maximumPerAddress: maximumPerAddress))
        self.proxies = proxies
        self.logger = logger
        self.descriptorLimit = descriptorLimit
    }

    /// Connections of one address; those that are open stay.
    var maximumPerAddress: Int {
        get { state.withLockedValue { $0.maximumPerAddress } }
        set { state.withLockedValue { $0.maximumPerAddress = newValue } }
    }

    /// How many connections each address has.
    var connectionCounts: [ClientAddress: Int] { state.withLockedValue { $0.counts } }

    var report: Report {
        state.withLockedValue { state in
            Report(count: state.count, clientCount: state.counts.count, turnedAwayCount: state.turnedAwayCount)
        }
    }

    /// Gives a new connection its place.
    ///
    /// - Returns: nil when its address has too many, or all have.
    func seat(for peer: ClientAddress) -> ClientSeat? {
        // Whom a proxy speaks for shows later.
        let address = proxies.contains(peer) ? nil : peer.household
        let (isAdmitted, isNearLimit) = state.withLockedValue { state in
            if let maximum, state.count >= maximum {
                state.turnedAwayCount += 1
                return (false, false)
            }
            if let address, !state.countIn(address) { return (false, false) }
            state.count += 1
            let isNearLimit = !state.hasWarned && state.count > descriptorLimit / 10 * 9
            if isNearLimit { state.hasWarned = true }
            return (true, isNearLimit)
        }
        if isNearLimit {
            logger.warning("nine of ten of the \(descriptorLimit) descriptors are in use: raise the limit (ulimit -n)")
        }
        return isAdmitted ? ClientSeat(peer, countedAs: address, in: self) : nil
    }

    /// Counts a connection among those of another address.
    ///
    /// - Returns: false when that has too many; the connection is counted among nobody's then.
    func move(from old: ClientAddress?, to new: ClientAddress?) -> Bool {
        if old == new { return true }
        return state.withLockedValue { state in
            if let old { state.countOut(old) }
            return new.map { state.countIn($0) } ?? true
        }
    }

    func connectionEnded(countedAs address: ClientAddress?) {
        state.withLockedValue { state in
            state.count -= 1
            if let address { state.countOut(address) }
        }
    }
}
