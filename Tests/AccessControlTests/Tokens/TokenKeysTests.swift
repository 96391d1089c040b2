import Testing
import TrickleCore
import TrickleTesting

@testable import AccessControl

/// Which keys check which tokens.
struct TokenKeysTests {
    @Test(arguments: TestKey.allCases)
    func aTokenCountsThatItsKeyHasSigned(_ key: TestKey) async throws {
        let keys = try TokenKeys(file: key.publicFile)
        let claims = try await keys.claims(of: TestToken.make(key))
        #expect(claims.channels == [.publish: [ChannelPattern("cam")!]])
        #expect(claims.expiry == nil)
    }

    @Test(arguments: TestKey.allCases)
    func ofTwoAlgorithmsTheKeysOwnCounts(_ key: TestKey) async throws {
        _ = try TokenKeys(file: key.publicFile, algorithm: key.algorithm)
        for other in TestKey.allCases where other != key {
            let what = key == .hs256 ? "a secret" : "a public key"
            let expected = "\(key.publicFile) is \(what) for \(key.algorithm), not for \(other.algorithm)"
            #expect(mistake(key.publicFile, algorithm: other.algorithm) == expected)
        }
    }

    @Test func bothFormsOfAnRSAKeyAreRead() async throws {
        let keys = try TokenKeys(file: TestKey.file("rsa-pkcs1-public.pem"))
        #expect(await keys.problem(with: try TestToken.make(.rs256)) == nil)
    }

    @Test func aSecretIsWhatStandsBeforeTheLineEnd() async throws {
        let folder = TemporaryFolder()
        let secret = String(repeating: "s", count: 32)
        for end in ["", "\n", "\r\n"] {
            TemporaryFolder.write((secret + end).utf8, to: folder("secret"))
            let keys = try TokenKeys(file: folder("secret"))
            let token = try await TestToken.make(secret: secret)
            #expect(await keys.problem(with: token) == nil, "\(end.debugDescription)")
        }
        TemporaryFolder.write((secret.dropLast() + "\n").utf8, to: folder("secret"))
        #expect(
            mistake(folder("secret"))
                == "the secret in \(folder("secret")) has 31 bytes, and HS256 needs 32: make one with 'trickle-token --new-secret'"
        )
    }

    @Test(arguments: [
        ("rsa-private.pem", "is a private key, which only signs tokens: write its public half with 'openssl pkey -in "),
        ("ec-parameters-private.pem", "is a private key"), ("encrypted-private.pem", "is a private key"),
        ("certificate.pem", "is a certificate: write its public key with 'openssl x509"),
        ("p384-public.pem", "is no public key for RS256 (RSA with 2048 bits or more), ES256 (P-256) or EdDSA"),
        ("small-public.pem", "is no public key for RS256 (RSA with 2048 bits or more)"),
    ])
    func whatIsNoKeyForTokensIsTold(_ name: String, _ reason: String) {
        #expect(mistake(TestKey.file(name))?.hasPrefix("\(TestKey.file(name)) \(reason)") == true)
    }

    @Test func aFileThatCannotBeReadAndAURLThatIsNoneAreTold() {
        #expect(
            mistake("/nowhere/key.pem")
                == "cannot read the key file '/nowhere/key.pem': is the name right, and may this user read it?")
        #expect(mistake(.url("ftp://host/keys")) == "the keys' URL is no http:// or https:// URL")
        #expect(
            mistake(.url("http://me:secret@host/keys?a=b"), algorithm: .hs256)
                == "http://host/keys cannot have the secret of HS256, which is no secret there: use a file")
        #expect(mistake(.url("https://host/keys")) == nil)
    }

    @Test func halfAKeyFileAndTwoOfThemAreTold() {
        let folder = TemporaryFolder()
        let pem = TestKey.text("ec-public.pem")
        TemporaryFolder.write(pem.utf8.dropLast(30), to: folder("half"))
        #expect(mistake(folder("half")) == "\(folder("half")) begins like a PEM file, and has no END")
        TemporaryFolder.write((pem + pem).utf8, to: folder("two"))
        #expect(mistake(folder("two")) == "\(folder("two")) has several keys: make a key set (JWKS)")
        TemporaryFolder.write(("Whose it is\n" + pem).utf8, to: folder("commented"))
        #expect(mistake(folder("commented")) == nil)
    }
}
