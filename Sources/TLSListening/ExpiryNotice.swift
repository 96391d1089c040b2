#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Says in the last days of a certificate that it ends: once a day.
struct ExpiryNotice {
    private var last: Date?

    private static let day = 86_400.0
    /// Certificates are renewed weeks before their end: something is wrong with one that was not.
    private static let period = 7 * day

    /// - Returns: what is to be said now, behind "the certificate"; nil for nothing.
    mutating func due(for expiry: Date, now: Date) -> String? {
        guard expiry.timeIntervalSince(now) < Self.period else { return nil }
        if let last, now.timeIntervalSince(last) < Self.day { return nil }
        last = now
        return expiry > now
            ? "expires on \(expiry): renew it" : "has expired, on \(expiry): clients refuse it until it is renewed"
    }
}
