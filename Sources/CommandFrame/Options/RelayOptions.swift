import ArgumentParser
import Logging
import TrickleCore
import TrickleKit

/// Which relay a client talks to, and how.
public struct RelayOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The relay, with its base path if it has one: http://, https://, IPv6 in brackets, user:password@. (default: http://localhost:2939)",
            valueName: "url"),
        transform: { text in try RelayURL(text) })
    public var url = try! RelayURL("http://localhost:2939")

    // What is wrong with it is told without it: in a transform the parser would repeat it.
    @Option(
        help: ArgumentHelp(
            "A token that lets this client in. Others on the machine see it here: TRICKLE_TOKEN is better.",
            valueName: "text"))
    public var token: String?

    @Option(
        help: ArgumentHelp("Sent with every request; may be given several times.", valueName: "name: value"),
        transform: RelayOptions.header)
    public var header: [(name: String, value: String)] = []

    @Option(
        help: ArgumentHelp("Certificate authorities to trust instead of the system's (PEM).", valueName: "file"),
        completion: .file(extensions: ["pem", "crt"]))
    public var caFile: String?

    @Flag(help: "Accept any certificate. For tests: others can read and change what is sent.")
    public var insecure = false

    @Flag(name: .customLong("http1"), help: "Speak HTTP/1.1 also where the relay has HTTP/2.")
    public var usesHTTP1 = false

    @Flag(help: "Take user and password from ~/.netrc.")
    public var netrc = false

    @Option(
        help: ArgumentHelp(
            "How long a connection to the relay, or to a source, may take to be made, and a source may stay silent.",
            valueName: "time"))
    public var timeout = DurationArgument("10s")

    @Option(
        help: ArgumentHelp(
            "How long the relay may stay silent where an answer is due, or take nothing, before the connection is replaced.",
            valueName: "time"))
    public var stallTimeout = DurationArgument("10s")

    public init() {}

    public func validate() throws {
        // The bytes that a field's value can have, without spaces.
        guard token?.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) ?? true, token?.isEmpty != true else {
            throw ValidationError("the token is empty, or has characters that no token has: is it whole, and one line?")
        }
    }

    /// The same in the library's words.
    public func configuration(logger: Logger) -> ClientConfiguration {
        var configuration = ClientConfiguration()
        configuration.token = token
        configuration.headers = header
        configuration.userAgent = "trickle-swift/\(TrickleVersion.current)"
        configuration.caFile = caFile
        configuration.insecure = insecure
        configuration.usesHTTP1 = usesHTTP1
        configuration.useNetrc = netrc
        configuration.connectTimeout = timeout.duration
        configuration.stallTimeout = stallTimeout.duration
        configuration.logger = logger
        return configuration
    }

    static func header(_ text: String) throws -> (name: String, value: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0]
        guard parts.count == 2, !name.isEmpty, name.utf8.allSatisfy(HeaderName.isTokenByte) else {
            throw ValidationError("a header looks like 'Authorization: Bearer abc'")
        }
        let value = parts[1].drop(while: \.isWhitespace)
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw ValidationError("a header's value cannot contain control characters")
        }
        return (String(name), String(value))
    }
}
