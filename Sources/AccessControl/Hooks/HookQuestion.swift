import TrickleRelay

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a hook is told of a request. What is not there is null.
struct HookQuestion: Sendable {
    var action: AccessPermission
    var channel: String?
    var user: String?
    var password: String?
    var token: String?
    var address: String
    /// The version of HTTP.
    var version: String
    /// What tells the connection from all others of the relay.
    var id: String
    /// Without tokens.
    var query: String?
    var userAgent: String?

    init(_ question: AccessQuestion) {
        let client = question.client
        action = question.permission
        channel = question.channel?.text
        switch client.credentials.flatMap({ PresentedSecret($0, for: question.permission) }) {
        case .token(let token): self.token = token
        case .password(let user, let password): (self.user, self.password) = (user, password)
        case nil: break
        }
        address = client.address.description
        version = client.protocolVersion.rawValue
        id = client.connection.description
        query = client.query
        userAgent = client.userAgent
    }

    /// What its answer depends on: all but the connection and the user agent.
    var essence: [String?] { [action.rawValue, channel, user, password, token, address, version, query] }

    /// - Throws: never, as texts can always be written.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension HookQuestion: Encodable {
    private enum Key: String, CodingKey {
        case action, channel, user, password, token, address, version = "protocol", id, query
        case userAgent = "user_agent"
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(action.rawValue, forKey: .action)
        try fields.encode(channel, forKey: .channel)
        try fields.encode(user, forKey: .user)
        try fields.encode(password, forKey: .password)
        try fields.encode(token, forKey: .token)
        try fields.encode(address, forKey: .address)
        try fields.encode(version, forKey: .version)
        try fields.encode(id, forKey: .id)
        try fields.encode(query, forKey: .query)
        try fields.encode(userAgent, forKey: .userAgent)
    }
}
