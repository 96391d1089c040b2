/// Which segment of a channel a request means: the `seq` part of `/channel/seq`.
public enum SegmentPosition: Hashable, Sendable {
    /// The segment that is written next; `-1` on the wire.
    case next
    /// The segment that is being written, or was written last; `-2` on the wire.
    case current
    /// `n` segments before ``current``, `n` ≥ 1; `-(n + 2)` on the wire.
    case back(Int)
    /// That very segment.
    case exact(SequenceNumber)
}

extension SegmentPosition: CustomStringConvertible, LosslessStringConvertible {
    /// The form on the wire.
    public var description: String {
        switch self {
        case .next: "-1"
        case .current: "-2"
        case .back(let count): String(-2 - count)
        case .exact(let number): number.description
        }
    }

    /// Reads the form on the wire: decimal digits, with a minus sign before the relative ones.
    ///
    /// - Returns: nil for anything else, and for numbers beyond ± (2^53 − 1).
    public init?(_ text: String) {
        if text.utf8.first == UInt8(ascii: "-") {
            guard let magnitude = SequenceNumber(String(text.dropFirst())) else { return nil }
            switch magnitude.value {
            case 0: return nil
            case 1: self = .next
            case 2: self = .current
            default: self = .back(magnitude.value - 2)
            }
        } else {
            guard let number = SequenceNumber(text) else { return nil }
            self = .exact(number)
        }
    }
}
