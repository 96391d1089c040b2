/// What a relay can do beyond the plain protocol, as `Lp-Trickle-Features` lists it. Empty for the servers that know no such header.
public struct RelayFeatures: OptionSet, Hashable, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// A publish can go on at a byte of its segment.
    public static let resume = RelayFeatures(rawValue: 1 << 0)
    /// A read can begin at a byte of its segment.
    public static let range = RelayFeatures(rawValue: 1 << 1)
    /// `Lp-Trickle-Size` tells how much of a segment is there.
    public static let size = RelayFeatures(rawValue: 1 << 2)
    /// `HEAD` answers at once, with the state of a segment.
    public static let head = RelayFeatures(rawValue: 1 << 3)
    /// A waiting read can be limited in time.
    public static let wait = RelayFeatures(rawValue: 1 << 4)

    /// Reads the header's value: names between commas. Unknown names are passed over.
    public init(headerValue: String) {
        self = headerValue.split(separator: ",").reduce(into: []) { features, part in
            switch part.filter({ !$0.isWhitespace }) {
            case "resume": features.insert(.resume)
            case "range": features.insert(.range)
            case "size": features.insert(.size)
            case "head": features.insert(.head)
            case "wait": features.insert(.wait)
            default: break
            }
        }
    }
}
