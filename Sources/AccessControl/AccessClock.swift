#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What time it is.
struct AccessClock: Sendable {
    /// Of the clock by which streams end.
    var now: @Sendable () -> ContinuousClock.Instant = { .now }
    /// Of the clock by which tokens expire.
    var secondsSince1970: @Sendable () -> Double = { Date().timeIntervalSince1970 }

    /// The time of tokens' expiry on the clock of streams; nil for one that nobody lives to see.
    func instant(ofExpiry seconds: Double) -> ContinuousClock.Instant? {
        let rest = seconds - secondsSince1970()
        // About thirty years. More may not fit into a duration.
        return rest < 1e9 ? now().advanced(by: .seconds(max(rest, 0))) : nil
    }
}
