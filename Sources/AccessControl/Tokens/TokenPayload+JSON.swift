import TrickleCore
import TrickleRelay

// As JSON, which is what a token carries.
extension TokenPayload: Codable {
    private enum Key: String, CodingKey { case exp, nbf, aud, trickle }

    /// A claim's name that only the token, or only ``AccessPermission``, knows.
    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        func claim<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
            guard fields.contains(key) else { return nil }
            do { return try fields.decode(type, forKey: key) } catch let problem as TokenProblem { throw problem } catch
            {
                throw TokenProblem("the token's claim '\(key.rawValue)' cannot be read")
            }
        }
        expiry = try claim(Double.self, .exp)
        beginning = try claim(Double.self, .nbf)
        audience = try claim(TextList.self, .aud)?.texts
        channels = try claim(Permissions.self, .trickle)?.channels ?? [:]
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        // Whole seconds, as people read them.
        try fields.encodeIfPresent(expiry.map { Int64($0.rounded(.down)) }, forKey: .exp)
        try fields.encodeIfPresent(beginning.map { Int64($0.rounded(.up)) }, forKey: .nbf)
        try fields.encodeIfPresent(audience.map(TextList.init), forKey: .aud)
        try fields.encode(Permissions(channels: channels), forKey: .trickle)
    }

    /// One text, or a list of them, as `aud` has it.
    private struct TextList: Codable {
        var texts: [String]

        init(_ texts: [String]) { self.texts = texts }

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let text = try? value.decode(String.self) {
                texts = [text]
            } else {
                texts = try value.decode([String].self)
            }
        }

        func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            if texts.count == 1 { try value.encode(texts[0]) } else { try value.encode(texts) }
        }
    }

    /// The value of `trickle`. What else stands in it is for others.
    private struct Permissions: Codable {
        var channels: [AccessPermission: [ChannelPattern]]

        init(channels: [AccessPermission: [ChannelPattern]]) { self.channels = channels }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: AnyKey.self)
            channels = [:]
            for permission in AccessPermission.allCases {
                let key = AnyKey(stringValue: permission.rawValue)
                guard fields.contains(key) else { continue }
                guard let patterns = (try? fields.decode(Patterns.self, forKey: key))?.patterns else {
                    throw TokenProblem(
                        "the token's claim 'trickle.\(permission.rawValue)' is neither true, a channel, nor a list of channels"
                    )
                }
                channels[permission] = patterns
            }
        }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: AnyKey.self)
            for (permission, patterns) in channels {
                try fields.encode(Patterns(patterns: patterns), forKey: AnyKey(stringValue: permission.rawValue))
            }
        }
    }

    /// Channels by a list of patterns, by one of them, or by a truth value: all or none.
    private struct Patterns: Codable {
        /// nil where a text is no pattern.
        var patterns: [ChannelPattern]?

        init(patterns: [ChannelPattern]) { self.patterns = patterns }

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let isAll = try? value.decode(Bool.self) {
                patterns = isAll ? [.all] : []
                return
            }
            let texts = try TextList(from: decoder).texts
            let patterns = texts.compactMap { ChannelPattern($0) }
            self.patterns = patterns.count == texts.count ? patterns : nil
        }

        func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            let patterns = patterns ?? []
            if patterns == [.all] { try value.encode(true) } else { try value.encode(patterns.map(\.description)) }
        }
    }
}
