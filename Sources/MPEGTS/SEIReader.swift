/// Walks through the messages of a supplemental enhancement information unit (ISO 14496-10, section 7.3.2.3), byte by
/// byte.
struct SEIReader {
    /// The payload type of recovery points (section D.1.8).
    static let recoveryPoint = 6

    private enum State {
        case type(Int)
        case size(Int, type: Int)
        case payload(Int)
    }

    private var state = State.type(0)

    /// Bytes up to the end of the message's payload; 0 outside of one.
    var payloadRest: Int { if case .payload(let count) = state { count } else { 0 } }

    /// Passes over bytes of the payload.
    mutating func pass(_ count: Int) {
        let rest = payloadRest - count
        state = rest > 0 ? .payload(rest) : .type(0)
    }

    /// The next byte, emulation prevention removed.
    ///
    /// - Returns: the payload type of the message whose header ends with this byte.
    mutating func read(_ byte: UInt8) -> Int? {
        switch state {
        case .type(let sum):
            // Types are small; a run of 0xFF that would not end stays where it is.
            let type = min(sum + Int(byte), 0xFFFF)
            state = byte == 0xFF ? .type(type) : .size(0, type: type)
        case .size(let sum, let type):
            let size = min(sum + Int(byte), 0xFF_FFFF)
            if byte == 0xFF {
                state = .size(size, type: type)
            } else {
                state = size == 0 ? .type(0) : .payload(size)
                return size == 0 ? nil : type
            }
        case .payload(let count):
            state = count == 1 ? .type(0) : .payload(count - 1)
        }
        return nil
    }
}
