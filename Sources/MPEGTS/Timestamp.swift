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

    /// The signed distance to `other`, the short way around the wrap: −2^32 ..< 2^32.
    public func distance(to other: Timestamp) -> MediaTicks {
        let difference = (other.ticks - ticks) & (Self.modulus - 1)
        return MediaTicks(difference >= Self.modulus / 2 ? difference - Self.modulus : difference)
    }

    /// This moment, later by `span`.
    public func advanced(by span: MediaTicks) -> Timestamp {
        Timestamp(ticks: ticks &+ span.count)
    }
}
