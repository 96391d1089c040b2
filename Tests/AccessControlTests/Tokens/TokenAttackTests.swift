import Testing
import TrickleTesting

@testable import AccessControl

/// Tokens of those who have no key.
struct TokenAttackTests {
    private func problem(
        _ token: String, key: TestKey = .hs256, audience: String? = nil
    ) async throws -> String? {
        try await TokenKeys(file: key.publicFile, audience: audience).problem(with: token)?.description
    }

    private static let unsigned = "no key that counts here has signed the token"

    @Test(arguments: [TestKey.rs256, .es256, .eddsa])
    func aPublicKeyIsNoSecret(_ key: TestKey) async throws {
        let pem = String(decoding: try KeyFile.bytes(of: key.publicFile), as: UTF8.self)
        for secret in [pem, String(pem.dropLast())] {
            let token = try await TestToken.make(header: #"{"alg": "HS256"}"#, secret: secret)
            #expect(try await problem(token, key: key) == Self.unsigned)
            // Nor where the algorithm that the token names is the key's.
            let named = try await TestToken.make(header: #"{"alg": "\#(key.algorithm)"}"#, secret: secret)
            #expect(try await problem(named, key: key) == Self.unsigned)
        }
    }

    @Test(arguments: ["none", "None", "NONE", "nOnE", "", "HS256 ", "hs256", "HS384", "HS512", "PS256", "ES384"])
    func anotherAlgorithmThanTheKeysIsRefused(_ name: String) async throws {
        for key in TestKey.allCases {
            let token = try await TestToken.make(key, header: #"{"alg": "\#(name)"}"#)
            #expect(try await problem(token, key: key) == Self.unsigned)
            let parts = token.split(separator: ".")
            let bare = "\(parts[0]).\(parts[1])."
            #expect(try await problem(bare, key: key) == "the token has not the three parts of a signed JWT")
        }
    }

    @Test(arguments: [
        #"{}"#, #"{"alg": null}"#, #"{"alg": ["HS256"]}"#, #"{"alg": "HS256", "kid": 1}"#, #"["HS256"]"#, "HS256", "",
        #"{"alg": "HS256""#, "\u{FEFF}", #"{"alg": "HS256", "kid": null}"#,
    ])
    func aHeaderThatCannotBeReadIsRefused(_ header: String) async throws {
        let expected =
            header.isEmpty ? "the token has not the three parts of a signed JWT" : "the token's header cannot be read"
        #expect(try await problem(try TestToken.make(header: header)) == expected)
    }

    @Test(arguments: [#"["b64"]"#, #"["exp"]"#, "[]", "null", "true"])
    func extensionsAreRefused(_ critical: String) async throws {
        let token = try await TestToken.make(header: #"{"alg": "HS256", "crit": \#(critical), "b64": false}"#)
        #expect(try await problem(token) == "the token needs extensions ('crit') that are not known here")
    }

    /// `/dev/null` as a secret would be an empty one.
    @Test(arguments: ["../../etc/passwd", "/dev/null", "http://127.0.0.1:1/key", "' OR 1=1 --", "", "\\u0000"])
    func aKeyIDNamesAKeyAndNoPlace(_ id: String) async throws {
        let folder = TemporaryFolder()
        TemporaryFolder.write(#"{"keys": [\#(try TestKey.hs256.jwk(id: "mine"))]}"#.utf8, to: folder("set.json"))
        let keys = try TokenKeys(file: folder("set.json"))
        let header = #"{"alg": "HS256", "kid": "\#(id)"}"#
        // An HMAC by an empty secret is one by zeros.
        for secret in [String(repeating: "\0", count: 32), nil] {
            let token = try await TestToken.make(header: header, secret: secret)
            #expect(await keys.problem(with: token)?.description == Self.unsigned)
        }
        // A key that has no name is not looked for by one.
        #expect(try await problem(try TestToken.make(header: header)) == nil)
    }

    @Test func aKeyThatATokenBringsAlongIsNotListenedTo() async throws {
        let other = String(repeating: "x", count: 32)
        for place in [
            #""jwk": {"kty": "oct", "k": "\#(Base64URL.text(other.utf8))"}"#, #""jku": "http://127.0.0.1:1/"#,
            #""x5u": "http://127.0.0.1:1/"#, #""x5c": ["AAAA"]"#,
        ] {
            let quoted = place.hasSuffix("/") ? place + "\"" : place
            let header = #"{"alg": "HS256", \#(quoted)}"#
            #expect(try await problem(try TestToken.make(header: header, secret: other)) == Self.unsigned)
            // It does not harm either.
            #expect(try await problem(try TestToken.make(header: header)) == nil)
        }
    }

    @Test(arguments: TestKey.allCases)
    func noByteOfATokenCanBeAnother(_ key: TestKey) async throws {
        let token = try await TestToken.make(key)
        let keys = try TokenKeys(file: key.publicFile)
        let bytes = Array(token.utf8)
        // Each, in a token for each algorithm, takes long with RSA.
        for index in stride(from: 0, to: bytes.count, by: 3) {
            var changed = bytes
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(await keys.problem(with: String(decoding: changed, as: UTF8.self)) != nil, "byte \(index)")
        }
    }

    @Test func theClaimsOfAnotherTokenDoNotGoWithASignature() async throws {
        let token = try await TestToken.make()
        let more = Base64URL.text(#"{"trickle": {"publish": true}}"#.utf8)
        let parts = token.split(separator: ".")
        #expect(try await problem("\(parts[0]).\(more).\(parts[2])") == Self.unsigned)
    }

    @Test func onlyThreePartsInTheOneWayOfWritingThemAreAToken() async throws {
        let token = try await TestToken.make()
        #expect(try await problem(token) == nil)
        let parts = token.split(separator: ".").map(String.init)
        let notThree = "the token has not the three parts of a signed JWT"
        for text in [
            "", ".", "..", "...", "a", "a.b", "\(token).", ".\(token)", "\(token).\(parts[2])",
            "\(parts[0])..\(parts[2])", ".\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1]).",
            // An encrypted token has five.
            "\(token).a.b",
        ] { #expect(try await problem(text) == notThree, "\(text)") }
        let notBase64 = "the token is not in base64url"
        for text in [
            "\(token)=", "\(token)\n", " \(token)", "\(token) ", "\(token)A", "\(token)AA", "\(token)AAA", "\(token)\0",
            "\(parts[0])=.\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1])\n.\(parts[2])",
            "+.\(parts[1]).\(parts[2])",
            "é.\(parts[1]).\(parts[2])",
        ] {
            let found = try await problem(text)
            #expect(found == notBase64 || found == Self.unsigned, "\(text): \(found ?? "counts")")
        }
    }

    @Test func bitsThatNoByteHasAreNoSecondWayToWriteAToken() async throws {
        let token = try await TestToken.make()
        // 32 bytes of a signature are 43 letters, of which the last has two bits that are none of theirs.
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = letters.firstIndex(of: token.last!)!
        for bits in 1...3 {
            let other = String(token.dropLast()) + String(letters[last | bits])
            #expect(try await problem(other) == "the token is not in base64url")
        }
    }

    @Test func aTokenHasAtMost8KiB() async throws {
        let padding = String(repeating: "x", count: 8 << 10)
        let token = try await TestToken.make(payload: #"{"x": "\#(padding)"}"#)
        #expect(try await problem(token) == "the token is longer than 8 KiB")
        #expect(try await problem(String(repeating: ".", count: 1 << 20)) == "the token is longer than 8 KiB")
    }

    @Test func whatIsToldRepeatsNothingOfTheToken() async throws {
        let secret = "Xq7Zk2"
        for token in [
            secret, "\(secret).\(secret).\(secret)", try await TestToken.make(header: #"{"alg": "\#(secret)"}"#),
            try await TestToken.make(header: #"{"alg": "HS256", "crit": ["\#(secret)"]}"#),
            try await TestToken.make(payload: #"{"aud": "\#(secret)"}"#),
            try await TestToken.make(payload: #"{"exp": "\#(secret)"}"#),
            try await TestToken.make(payload: #"{"trickle": {"read": "/\#(secret)"}}"#),
            try await TestToken.make(payload: #"{"trickle": "\#(secret)"}"#),
        ] {
            let found = try #require(await problem(token, audience: token.hasPrefix("a") ? "relay" : nil))
            #expect(!found.contains(secret) && !found.contains("\n"))
        }
    }
}
