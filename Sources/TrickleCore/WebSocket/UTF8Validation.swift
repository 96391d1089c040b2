/// Whether bytes that come in pieces are UTF-8 (RFC 3629).
public struct UTF8Validation: Sendable {
    /// Continuation bytes that are still to come of the character under way.
    private var missing = 0
    /// What the next byte may be; only the second of a character is bound more closely than 80 to BF.
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF
    private var isBroken = false

    public init() {}

    /// Whether no character is half there.
    public var isAtBoundary: Bool { missing == 0 && !isBroken }

    /// - Returns: whether all may still be well.
    public mutating func take(_ bytes: some Collection<UInt8>) -> Bool {
        for byte in bytes where !isBroken {
            if missing > 0 {
                isBroken = !allowed.contains(byte)
                allowed = 0x80...0xBF
                missing -= 1
            } else if byte >= 0x80 {
                begin(byte)
            }
        }
        return !isBroken
    }

    private mutating func begin(_ byte: UInt8) {
        switch byte {
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, allowed) = (2, 0xA0...0xBF)
        case 0xED: (missing, allowed) = (2, 0x80...0x9F)
        case 0xE1...0xEF: missing = 2
        case 0xF0: (missing, allowed) = (3, 0x90...0xBF)
        case 0xF4: (missing, allowed) = (3, 0x80...0x8F)
        case 0xF1...0xF3: missing = 3
        default: isBroken = true
        }
    }
}
