/// Tells when a fragment was at hand: `prft` (ISO 14496-12, section 8.16.5), to stand before its `moof`.
///
/// A player that knows the time compares it with what it shows, and so has the delay.
public struct ProducerReferenceTime: Equatable, Sendable {
    public let trackID: UInt32
    /// Time since 1970.
    public let time: Duration
    /// What it belongs to, in the track's ticks.
    public let mediaTime: UInt64

    public init(trackID: UInt32, time: Duration, mediaTime: UInt64) {
        self.trackID = trackID
        self.time = time
        self.mediaTime = mediaTime
    }

    /// The box.
    public var bytes: [UInt8] {
        // NTP's seconds began in 1900, and their fractions are of 32 bits (RFC 5905, section 6).
        let (seconds, attoseconds) = time.components
        let fraction = UInt64(attoseconds / 1_000_000_000) << 32 / 1_000_000_000
        let stamp = UInt64(seconds + 2_208_988_800) << 32 | fraction
        var box: [UInt8] = []
        func append(_ number: UInt64, _ byteCount: Int) {
            for shift in (0..<byteCount).reversed() {
                box.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * shift)))
            }
        }
        append(32, 4)
        box += Array("prft".utf8)
        // Version 1, for long times; flags 24: as the fragment was captured from the live source.
        append(0x0100_0018, 4)
        append(UInt64(trackID), 4)
        append(stamp, 8)
        append(mediaTime, 8)
        return box
    }
}
