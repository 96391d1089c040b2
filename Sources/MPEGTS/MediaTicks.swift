/// A span of media time, in ticks of 90 kHz: from one ``Timestamp`` to another, or a sum of such.
public struct MediaTicks: Hashable, Comparable, Sendable, AdditiveArithmetic, ExpressibleByIntegerLiteral {
    public let count: Int64

    @inlinable
    public init(_ count: Int64) { self.count = count }

    @inlinable
    public init(integerLiteral count: Int64) { self.count = count }

    /// The span, rounded down; limited to what 61 bits hold.
    public init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let limit = Int64.max / 4 / Timestamp.frequency
        count = min(max(seconds, -limit), limit) * Timestamp.frequency + attoseconds / 11_111_111_111_111
    }

    @inlinable
    public static func seconds(_ seconds: some BinaryInteger) -> MediaTicks {
        MediaTicks(Int64(seconds) * Timestamp.frequency)
    }

    @inlinable
    public var seconds: Double { Double(count) / Double(Timestamp.frequency) }

    @inlinable
    public var magnitude: MediaTicks { MediaTicks(abs(count)) }

    @inlinable
    public static func < (left: MediaTicks, right: MediaTicks) -> Bool { left.count < right.count }

    @inlinable
    public static func + (left: MediaTicks, right: MediaTicks) -> MediaTicks { MediaTicks(left.count + right.count) }

    @inlinable
    public static func - (left: MediaTicks, right: MediaTicks) -> MediaTicks { MediaTicks(left.count - right.count) }

    @inlinable
    public static prefix func - (ticks: MediaTicks) -> MediaTicks { MediaTicks(-ticks.count) }

    @inlinable
    public static func * (ticks: MediaTicks, factor: Int64) -> MediaTicks { MediaTicks(ticks.count * factor) }

    /// Rounded towards zero.
    @inlinable
    public static func / (ticks: MediaTicks, divisor: Int64) -> MediaTicks { MediaTicks(ticks.count / divisor) }
}

extension Duration {
    /// A span of 90 kHz ticks.
    public init(_ ticks: MediaTicks) {
        let (seconds, rest) = ticks.count.quotientAndRemainder(dividingBy: Timestamp.frequency)
        // 1 tick = 10^18 / 90,000 attoseconds, which is no whole number: multiply first.
        self.init(secondsComponent: seconds, attosecondsComponent: rest * 100_000_000_000_000 / 9)
    }

    /// The span in seconds.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
