import AccessControl
import ArgumentParser
import CommandFrame
import Endings

@main
struct TrickleToken: Tool {
    static let configuration = CommandConfiguration(
        commandName: "trickle-token",
        abstract:
            "Makes a token that lets its bearer do something at a relay, or what else the relay's rules of access need.",
        discussion: """
            trickle-token --key private.pem --publish cam --read 'cam*' --expires 1h
            Exit codes: 0 done, 1 failed, 2 wrong usage, 128 + n ended by signal n.
            """,
        version: TrickleVersion.current)

    @Option(
        help: ArgumentHelp(
            "Sign a token with this key: a private one in PEM (RSA, P-256 or Ed25519), or a secret for HS256.",
            valueName: "file"), completion: .file())
    var key: String?

    @Flag(help: "Read a password from standard input, and print its hash (bcrypt).")
    var hashPassword = false

    @Flag(help: "Print 32 random bytes in hexadecimal: a secret for HS256, or a static token.")
    var newSecret = false

    @OptionGroup(title: "What the token says") var claims: ClaimOptions
    @OptionGroup(title: "Messages") var logOptions: LogOptions

    func validate() throws {
        guard [key != nil, hashPassword, newSecret].count(where: \.self) == 1 else {
            throw ValidationError("one of --key, --hash-password and --new-secret says what to make")
        }
        if key != nil { try claims.check() }
    }

    func run(_ session: ToolSession) async throws {
        if let key {
            print(try await claims.token(signedBy: TokenSigner(keyFile: key)))
        } else if hashPassword {
            guard let password = try PasswordInput.read(until: session.stop) else { return }
            guard let hash = PasswordHash.make(from: password) else {
                throw ToolFailure("a password has 1 to \(PasswordHash.maximumPasswordByteCount) bytes, and no NUL")
            }
            print(hash.text)
        } else {
            print(NewSecret.make())
        }
    }
}
