/// The header fields of the trickle protocol, as they are spelled on the wire.
public enum HeaderName {
    public static let sequence = "Lp-Trickle-Seq"
    public static let latest = "Lp-Trickle-Latest"
    public static let size = "Lp-Trickle-Size"
    public static let closed = "Lp-Trickle-Closed"
    public static let reset = "Lp-Trickle-Reset"
    public static let aborted = "Lp-Trickle-Aborted"
    public static let state = "Lp-Trickle-State"
    public static let features = "Lp-Trickle-Features"
    public static let publisher = "Lp-Trickle-Publisher"
    public static let owner = "Lp-Trickle-Owner"
    public static let offset = "Lp-Trickle-Offset"
    public static let wait = "Lp-Trickle-Wait"
    public static let timeout = "Lp-Trickle-Timeout"
    public static let head = "Lp-Trickle-Head"
    public static let expectContent = "Expect-Content"

    /// Those that an answer can have.
    public static let ofAnswers = [
        sequence, latest, size, closed, aborted, state, features, owner, timeout, "Content-Range",
    ]

    /// Whether the byte may be in a field's name, or in another token of a header (RFC 9110, section 5.6.2).
    public static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

/// The status codes that mean something of their own in the trickle protocol.
public enum StatusCode {
    /// The segment is not there: too old or too new. `Lp-Trickle-Latest` says where the channel is.
    public static let segmentNotFound = 470
}
