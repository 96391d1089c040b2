import TrickleCore

/// A path below the relay's base path, as a ramp declares it: `/{channel}/index.m3u8`, `/{channel}.ts`, `/{channel}/{number}.ts`, `/hooks/*`.
///
/// `{channel}` is a channel of the clients', not one of the relay's own; `{number}` a sequence number. A `*` at the end is any path.
public struct PathPattern: Sendable, ExpressibleByStringLiteral {
    private enum Part: Sendable {
        case text(String)
        case channel(suffix: String)
        case number(suffix: String)
    }

    /// What a path has in the pattern's places.
    struct Match {
        var channel: ChannelName?
        var number: SequenceNumber?
    }

    private let parts: [Part]
    private let hasAnyEnd: Bool
    /// Whether it has a place for a channel.
    let hasChannel: Bool

    public init(stringLiteral text: String) {
        var texts = text.split(separator: "/")
        hasAnyEnd = texts.last == "*"
        if hasAnyEnd { texts.removeLast() }
        parts = texts.map { text in
            if text.hasPrefix("{channel}") { return .channel(suffix: String(text.dropFirst("{channel}".count))) }
            if text.hasPrefix("{number}") { return .number(suffix: String(text.dropFirst("{number}".count))) }
            precondition(!text.contains { "{}*".contains($0) }, "a pattern has {channel}, {number}, and * at its end")
            return .text(String(text))
        }
        hasChannel = parts.contains { if case .channel = $0 { true } else { false } }
    }

    /// - Parameter path: its parts, percent-decoded.
    func match(_ path: [String]) -> Match? {
        guard hasAnyEnd ? path.count >= parts.count : path.count == parts.count else { return nil }
        var match = Match()
        for (part, text) in zip(parts, path) {
            switch part {
            case .text(let wanted): guard text == wanted else { return nil }
            case .channel(let suffix):
                guard let name = Self.beginning(of: text, before: suffix).flatMap({ try? ChannelName($0) }),
                    !name.isInternal
                else { return nil }
                match.channel = name
            case .number(let suffix):
                guard let number = Self.beginning(of: text, before: suffix).flatMap({ SequenceNumber($0) }) else {
                    return nil
                }
                match.number = number
            }
        }
        return match
    }

    private static func beginning(of text: String, before suffix: String) -> String? {
        text.hasSuffix(suffix) ? String(text.dropLast(suffix.count)) : nil
    }
}
