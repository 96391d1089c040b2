/// A presentation or decoding time stamp, or the base of a program clock reference: ticks of 90 kHz, modulo 2^33 (26.5
/// hours).
public struct Timestamp: Hashable, Sendable {
    /// 0 ..< 2^33.
    public let ticks: Int64

    static let modulus: Int64 = 1 << 33
    /// Ticks of a second.
    public static let frequency: Int64 = 90_000

    /// - Parameter ticks: taken modulo 2^33.
    public init(ticks: Int64) {
        self.ticks = ticks & (Self.modulus - 1)
    }

    /// The signed distance to `other` in ticks, the short way around the wrap: −2^32 ..< 2^32.
    public func distance(to other: Timestamp) -> Int64 {
        let difference = (other.ticks - ticks) & (Self.modulus - 1)
        return difference >= Self.modulus / 2 ? difference - Self.modulus : difference
    }

    /// This moment, later by `ticks`.
    public func advanced(by ticks: Int64) -> Timestamp {
        Timestamp(ticks: self.ticks &+ ticks)
    }
}

extension Duration {
    /// A span of 90 kHz ticks.
    public init(ticks: Int64) {
        let (seconds, rest) = ticks.quotientAndRemainder(dividingBy: Timestamp.frequency)
        // 1 tick = 10^18 / 90,000 attoseconds, which is no whole number: multiply first.
        self.init(secondsComponent: seconds, attosecondsComponent: rest * 100_000_000_000_000 / 9)
    }

    /// The span in seconds.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// The span in 90 kHz ticks, rounded down; limited to what 61 bits hold.
    var ticks: Int64 {
        let (seconds, attoseconds) = components
        let limit = Int64.max / 4 / Timestamp.frequency
        return min(max(seconds, -limit), limit) * Timestamp.frequency + attoseconds / 11_111_111_111_111
    }
}
