import ArgumentParser
import TrickleRelay

/// What web pages may do: a browser sends what a page asks for, whoever has written the page.
struct BrowserOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Let web pages of these origins do all that their visitor may, as https://studio.example,http://localhost:8000; '*' is all.",
            valueName: "origins"),
        transform: BrowserOptions.origins)
    var allowOrigin: TrustedOrigins?

    @Option(
        help: ArgumentHelp(
            "Names that lead browsers here, as relay.example, where only this machine reaches the relay and a proxy keeps the name.",
            valueName: "names"),
        transform: BrowserOptions.hosts)
    var allowHost: Set<String>?

    enum TrustedOrigins {
        case all
        case these(Set<WebOrigin>)
    }

    @Sendable private static func origins(_ text: String) throws -> TrustedOrigins {
        if text == "*" { return .all }
        return .these(
            Set(
                try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                    guard let origin = WebOrigin(String(part)) else {
                        throw ValidationError(
                            "'\(part)' is no origin: that is https://studio.example, say, or '*' for all")
                    }
                    return origin
                }))
    }

    @Sendable private static func hosts(_ text: String) throws -> Set<String> {
        Set(
            try text.lowercased().split(separator: ",", omittingEmptySubsequences: false).map { part in
                guard !part.isEmpty, !part.utf8.contains(where: { ":/@ ".utf8.contains($0) }) else {
                    throw ValidationError("'\(part)' is no name: that is relay.example, say, without scheme and port")
                }
                return String(part)
            })
    }

    func apply(to configuration: inout RelayConfiguration) {
        switch allowOrigin {
        case .all: configuration.browsers.allowsAllOrigins = true
        case .these(let origins): configuration.browsers.origins = origins
        case nil: break
        }
        configuration.browsers.hosts = allowHost ?? []
    }

    /// What the log tells of it; nil for nothing.
    var notice: String? {
        guard case .all = allowOrigin else { return nil }
        return "--allow-origin '*': every web page that somebody visits can write to this relay"
    }
}
