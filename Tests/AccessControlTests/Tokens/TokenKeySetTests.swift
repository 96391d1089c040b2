import Testing
import TrickleTesting

@testable import AccessControl

/// Key sets: RFC 7517.
struct TokenKeySetTests {
    private let folder = TemporaryFolder()

    private func keys(_ jwks: String..., algorithm: JWTSettings.Algorithm? = nil) throws -> TokenKeys {
        TemporaryFolder.write("\n {\"keys\": [\(jwks.joined(separator: ", "))]}".utf8, to: folder("set"))
        return try TokenKeys(file: folder("set"), algorithm: algorithm)
    }

    private static let unsigned = "no key that counts here has signed the token"

    private func token(_ key: TestKey, id: String? = nil) async throws -> String {
        let kid = id.map { #", "kid": "\#($0)""# } ?? ""
        return try await TestToken.make(key, header: #"{"alg": "\#(key.algorithm)"\#(kid)}"#)
    }

    @Test func aSetHasKeysOfAllAlgorithms() async throws {
        let all = try TestKey.allCases.map { try $0.jwk(id: "\($0)") }
        let keys = try keys(all.joined(separator: ","))
        for key in TestKey.allCases {
            #expect(await keys.problem(with: try token(key)) == nil)
            #expect(await keys.problem(with: try token(key, id: "\(key)")) == nil)
            for other in TestKey.allCases where other != key {
                #expect(await keys.problem(with: try token(key, id: "\(other)"))?.description == Self.unsigned)
            }
        }
    }

    @Test func oneAlgorithmOfASetMayBeTheOnlyOne() async throws {
        let all = try TestKey.allCases.map { try $0.jwk() }
        let keys = try keys(all.joined(separator: ","), algorithm: .es256)
        for key in TestKey.allCases {
            #expect(await keys.problem(with: try token(key))?.description == (key == .es256 ? nil : Self.unsigned))
        }
    }

    @Test func aKeyWithoutANameIsTriedForAllNames() async throws {
        let keys = try keys(TestKey.rs256.jwk())
        #expect(await keys.problem(with: try token(.rs256, id: "any")) == nil)
    }

    @Test func twoKeysMayHaveOneName() async throws {
        let keys = try keys(TestKey.rs256.jwk(id: "a"), TestKey.es256.jwk(id: "a"))
        #expect(await keys.problem(with: try token(.rs256, id: "a")) == nil)
        #expect(await keys.problem(with: try token(.es256, id: "a")) == nil)
    }

    @Test func aTokenWithoutANameIsTriedAgainstSixteenKeys() async throws {
        let others = (0..<16).map {
            #"{"kty": "oct", "k": "\#(Base64URL.text(Array(repeating: UInt8($0), count: 32)))"}"#
        }
        let mine = try TestKey.hs256.jwk(id: "mine")
        let reached = try keys(others.dropLast().joined(separator: ","), mine)
        #expect(await reached.problem(with: try token(.hs256)) == nil)
        let notReached = try keys(others.map { $0.dropLast() + #", "kid": "x"}"# }.joined(separator: ","), mine)
        #expect(await notReached.problem(with: try token(.hs256))?.description == Self.unsigned)
        #expect(await notReached.problem(with: try token(.hs256, id: "mine")) == nil)
    }

    @Test(arguments: [
        #", "use": "enc""#, #", "key_ops": ["encrypt"]"#, #", "key_ops": ["sign"]"#, #", "key_ops": []"#,
        #", "alg": "none""#, #", "alg": "RS512""#, #", "alg": "HS256""#,
    ])
    func aKeyForSomethingElseDoesNotCheckTokens(_ field: String) async throws {
        let keys = try keys(TestKey.es256.jwk(), TestKey.rs256.jwk(id: nil, field))
        #expect(await keys.problem(with: try token(.es256)) == nil)
        #expect(await keys.problem(with: try token(.rs256))?.description == Self.unsigned)
    }

    @Test func aKeyThatSaysWhatItIsForChecksTokens() async throws {
        let keys = try keys(
            TestKey.rs256.jwk(id: nil, #", "use": "sig", "key_ops": ["verify"], "alg": "RS256", "x5c": 1"#))
        #expect(await keys.problem(with: try token(.rs256)) == nil)
    }

    @Test(arguments: [
        "1", "null", "{}", #"{"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}"#, #"{"kty": "EC", "crv": "P-256"}"#,
        #"{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}"#, #"{"kty": "OKP", "crv": "X25519", "x": "AA"}"#,
        #"{"kty": "OKP", "crv": "Ed25519", "x": "AA"}"#, #"{"kty": "RSA", "n": "AQAB", "e": "AQAB"}"#,
        #"{"kty": "oct", "k": "AAAA"}"#, #"{"kty": "oct", "k": 1}"#, #"{"kty": "new", "a": []}"#,
    ])
    func whatIsNoKeyHereIsLeftOut(_ element: String) async throws {
        let keys = try keys(element, TestKey.eddsa.jwk())
        #expect(await keys.problem(with: try token(.eddsa)) == nil)
        TemporaryFolder.write("{\"keys\": [\(element)]}".utf8, to: folder("set"))
        #expect(
            mistake(folder("set"))
                == "\(folder("set")) has no key for RS256, ES256 (P-256) or EdDSA (Ed25519) that could be used")
        #expect(mistake(folder("set"), algorithm: .hs256) == "\(folder("set")) has no key for HS256 that could be used")
    }

    @Test(arguments: ["{}", "{", #"{"keys": {}}"#, #"{"kty": "oct", "k": "AAAA"}"#])
    func whatIsNoSetIsNoSecretEither(_ text: String) {
        TemporaryFolder.write((text + String(repeating: " ", count: 40)).utf8, to: folder("set"))
        #expect(mistake(folder("set")) == "\(folder("set")) is no key set (JWKS): it looks like {\"keys\": […]}")
    }
}
