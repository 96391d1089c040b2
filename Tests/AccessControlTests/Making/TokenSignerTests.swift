import Testing
import TrickleCore
import TrickleTesting

@testable import AccessControl

/// Tokens that are made here.
struct TokenSignerTests {
    private var claims: TokenClaims {
        var claims = TokenClaims()
        claims.channels = [.publish: [ChannelPattern("cam")!], .read: [ChannelPattern("cam*")!], .list: [.all]]
        claims.expiry = 2000
        return claims
    }

    @Test(arguments: TestKey.allCases)
    func whatIsSaidIsWhatIsRead(_ key: TestKey) async throws {
        let token = try await TokenSigner(keyFile: key.privateFile).token(claims, audience: "relay", keyID: "k1")
        let keys = try TokenKeys(file: key.publicFile, audience: "relay")
        #expect(try await keys.claims(of: token) == claims)
        let set = TemporaryFolder()
        TemporaryFolder.write("{\"keys\": [\(try key.jwk(id: "k1"))]}".utf8, to: set("set"))
        #expect(try await TokenKeys(file: set("set"), audience: "relay").claims(of: token) == claims)
    }

    @Test func aTokenIsAsOthersWriteIt() async throws {
        let token = try await TokenSigner(keyFile: TestKey.hs256.privateFile).token(claims)
        let parts = token.split(separator: ".").map { String(decoding: Base64URL.bytes($0) ?? [], as: UTF8.self) }
        #expect(parts[0] == #"{"alg":"HS256","typ":"JWT"}"#)
        #expect(parts[1] == #"{"exp":2000,"trickle":{"list":true,"publish":["cam"],"read":["cam*"]}}"#)
    }

    @Test(arguments: ["rsa-pkcs1-private.pem", "ec-parameters-private.pem"])
    func otherFormsOfPrivateKeysAreRead(_ name: String) async throws {
        _ = try await TokenSigner(keyFile: TestKey.file(name)).token(claims)
    }

    @Test(arguments: [
        ("rsa-public.pem", "is a public key, which only checks tokens: name the private one"),
        ("rsa-pkcs1-public.pem", "is a public key"), ("certificate.pem", "is a public key"),
        ("encrypted-private.pem", "is encrypted: write the key without its passphrase with 'openssl pkey -in "),
    ])
    func whatSignsNothingIsTold(_ name: String, _ reason: String) {
        #expect(problem(TestKey.file(name))?.hasPrefix("\(TestKey.file(name)) \(reason)") == true)
    }

    @Test func otherMistakesAreTold() async throws {
        let folder = TemporaryFolder()
        TemporaryFolder.write("short\n".utf8, to: folder("short"))
        #expect(
            problem(folder("short"))?.hasPrefix("the secret in \(folder("short")) has 5 bytes, and HS256 needs 32")
                == true)
        TemporaryFolder.write("{\"keys\": [\(try TestKey.hs256.jwk())]}".utf8, to: folder("set"))
        #expect(problem(folder("set"))?.hasPrefix("\(folder("set")) is a key set, which only checks tokens") == true)
        TemporaryFolder.write("-----BEGIN X-----\nAAAA\n-----END X-----\n".utf8, to: folder("x"))
        #expect(problem(folder("x"))?.hasPrefix("\(folder("x")) is no private key: make one with") == true)
        #expect(problem("/nowhere/a")?.hasPrefix("cannot read the key file '/nowhere/a'") == true)
    }

    private func problem(_ file: String) -> String? {
        do throws(TokenKeyMistake) { _ = try TokenSigner(keyFile: file) } catch { return error.description }
        return nil
    }

    @Test func aTokenThatNobodyReadsIsNotMade() async throws {
        var claims = TokenClaims()
        claims.channels = [.read: (0..<600).map { ChannelPattern("channel-\($0)")! }]
        let signer = try TokenSigner(keyFile: TestKey.hs256.privateFile)
        await #expect(throws: TokenKeyMistake.self) { try await signer.token(claims) }
    }

    @Test func secretsAreLongAndNeverTheSame() throws {
        let (one, other) = (NewSecret.make(), NewSecret.make())
        #expect(one.count == 64 && one.allSatisfy(\.isHexDigit) && one != other)
        let folder = TemporaryFolder()
        TemporaryFolder.write("\(one)\n".utf8, to: folder("secret"))
        #expect(mistake(folder("secret")) == nil)
    }
}
