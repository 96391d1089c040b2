import CommandFrame
import TrickleCore

/// What a stress run came to.
public struct StressReport: Sendable, Encodable {
    public var publishers: Int
    /// Of each channel.
    public var subscribers: Int
    public var published: Int
    public var publishedBytes: Int
    /// What all subscribers would have got together, had nothing gone missing.
    public var expected: Int
    public var delivered: Int
    public var deliveredBytes: Int
    public var wrong: Int
    public var repeated: Int
    public var missing: Int
    /// In words, the first few.
    public var failures: [String]
    public var failureCount: Int
    public var seconds: Double

    public var isGood: Bool { wrong == 0 && repeated == 0 && missing == 0 && failureCount == 0 && published > 0 }

    /// One line for people.
    public var summary: String {
        let rate = TransferMeter.rate(Double(deliveredBytes) * 8 / max(seconds, 0.001))
        return "\(publishers) publishers × \(subscribers) subscribers: \(published) segments published, "
            + "\(delivered) of \(expected) delivered, \(wrong) wrong, \(repeated) repeated, \(missing) missing, "
            + "\(failureCount) failures; \(TransferMeter.bytes(deliveredBytes)) in "
            + "\(DecimalText.fixed(seconds, digits: 1)) s, \(rate)"
    }
}
