import Synchronization
import TrickleCore
import TrickleRelay

/// How many bodies may come at once. What waits of them is no segment's, and is not to take more than a quarter of what segments may.
final class LivePlaces: Sendable {
    private let limits: @Sendable () -> RelayLimits
    private let taken = Mutex(0)

    /// - Parameter limits: Those that count now.
    init(_ limits: @escaping @Sendable () -> RelayLimits) { self.limits = limits }

    var count: Int { max(1, limits().memoryByteCount / 4 / RequestBodyStream.maximumByteCount) }

    /// Runs `body` if there is a place; else returns nil.
    func withPlace<Result>(_ body: () async -> Result) async -> Result? {
        let count = count
        let isFree = taken.withLock { taken in
            if taken >= count { return false }
            taken += 1
            return true
        }
        guard isFree else { return nil }
        defer { taken.withLock { $0 -= 1 } }
        return await body()
    }
}
