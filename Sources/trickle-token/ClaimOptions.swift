import AccessControl
import ArgumentParser
import CommandFrame
import TrickleCore
import TrickleRelay

/// What a token says that its bearer may do, and for how long.
struct ClaimOptions: ParsableArguments {
    @Option(help: Self.help("may publish, end and close"), transform: Self.pattern) var publish: [ChannelPattern] = []
    @Option(help: Self.help("may read"), transform: Self.pattern) var read: [ChannelPattern] = []
    @Option(help: Self.help("may replay recordings of"), transform: Self.pattern) var replay: [ChannelPattern] = []

    @Flag(help: "The bearer may see which channels there are, and how they do.")
    var list = false

    @Flag(help: "The bearer may read the relay's metrics.")
    var metrics = false

    @Option(help: ArgumentHelp("Whom the token is for, as the relay's rules say it (aud).", valueName: "name"))
    var audience: String?

    @Option(help: ArgumentHelp("What a key set calls the key (kid).", valueName: "name"))
    var keyID: String?

    @Option(help: ArgumentHelp("How long the token counts: 15m, 1h … or 'never' for no end.", valueName: "time"))
    var expires = Lifetime.limited(DurationArgument("1h"))

    enum Lifetime: ExpressibleByArgument {
        case limited(DurationArgument)
        case endless

        init?(argument: String) {
            if argument == "never" {
                self = .endless
                return
            }
            guard let time = DurationArgument(argument: argument), time.duration >= .seconds(1) else { return nil }
            self = .limited(time)
        }

        var defaultValueDescription: String {
            switch self {
            case .limited(let time): time.defaultValueDescription
            case .endless: "never"
            }
        }
    }

    private static func help(_ what: String) -> ArgumentHelp {
        ArgumentHelp(
            "A channel that the bearer \(what): a name, or the beginning of some, as in 'cam*'; may be given several times.",
            valueName: "channel")
    }

    private static func pattern(_ text: String) throws -> ChannelPattern {
        guard let pattern = ChannelPattern(text) else {
            throw ValidationError("'\(text)' is no channel: it is a name without '/', or ends with '*'")
        }
        return pattern
    }

    private var channels: [AccessPermission: [ChannelPattern]] {
        let all: [AccessPermission: [ChannelPattern]] = [
            .publish: publish, .read: read, .replay: replay, .list: list ? [.all] : [], .metrics: metrics ? [.all] : [],
        ]
        return all.filter { !$0.value.isEmpty }
    }

    /// - Throws: `ValidationError` where the token would be good for nothing.
    func check() throws {
        if channels.isEmpty {
            throw ValidationError(
                "the token would allow nothing: say what it does, as in --read 'cam*' or --publish cam")
        }
    }

    func token(signedBy signer: TokenSigner) async throws -> String {
        var claims = TokenClaims()
        claims.channels = channels
        if case .limited(let time) = expires { claims.setExpiry(after: time.duration) }
        return try await signer.token(claims, audience: audience, keyID: keyID)
    }
}
