import Testing
import TrickleCore
import TrickleRelay

@testable import AccessControl

/// What a token that its key has signed says.
struct TokenClaimTests {
    private func claims(_ payload: String, audience: String? = nil) async throws -> TokenClaims {
        try await TokenKeys(file: TestKey.hs256.publicFile, audience: audience).claims(
            of: TestToken.make(payload: payload))
    }

    private func problem(_ payload: String, audience: String? = nil) async throws -> String? {
        let keys = try TokenKeys(file: TestKey.hs256.publicFile, audience: audience)
        return await keys.problem(with: try TestToken.make(payload: payload))?.description
    }

    @Test func eachPermissionHasItsChannels() async throws {
        let claims = try await claims(
            #"""
            {"sub": "anna", "exp": 1000.5, "nbf": 1000, "trickle": {"publish": ["cam*", "mic"], "read": "*", "list": true,
             "replay": false, "metrics": [], "delete": {"a": 1}}}
            """#)
        #expect(claims.expiry == 1000.5)
        #expect(
            claims.channels == [
                .publish: [ChannelPattern("cam*")!, ChannelPattern("mic")!], .read: [.all], .list: [.all],
                .replay: [], .metrics: [],
            ])
    }

    @Test func aTokenWithoutOurClaimAllowsNothing() async throws {
        #expect(try await claims(#"{"sub": "anna"}"#).channels.isEmpty)
        #expect(try await claims(#"{"trickle": {}}"#).channels.isEmpty)
    }

    @Test(arguments: [
        #""cam*""#, "true", "1", #"["publish"]"#, "null",
    ])
    func ourClaimIsAnObject(_ value: String) async throws {
        #expect(try await problem(#"{"trickle": \#(value)}"#) == "the token's claim 'trickle' cannot be read")
    }

    @Test(arguments: AccessPermission.allCases)
    func aPermissionOfAnotherShapeIsAMistake(_ permission: AccessPermission) async throws {
        for value in [
            "1", "null", "{}", #"[1]"#, #"["cam", null]"#, #"[["cam"]]"#, #""""#, #""a*b""#, #""a/b""#,
            #"["cam", "../x"]"#,
            #"["a\u0000"]"#, #""..""#,
        ] {
            #expect(
                try await problem(#"{"trickle": {"\#(permission.rawValue)": \#(value)}}"#)
                    == "the token's claim 'trickle.\(permission.rawValue)' is neither true, a channel, nor a list of channels",
                "\(value)")
        }
    }

    @Test func theTimeDecidesToTheSecond() async throws {
        #expect(try await problem(#"{"exp": 1001}"#) == nil)
        #expect(try await problem(#"{"exp": 1000}"#) == "the token has expired")
        #expect(try await problem(#"{"exp": 999.999}"#) == "the token has expired")
        #expect(try await problem(#"{"exp": -1e300}"#) == "the token has expired")
        #expect(try await problem(#"{"nbf": 1000}"#) == nil)
        #expect(try await problem(#"{"nbf": 1000.1}"#) == "the token does not count yet ('nbf')")
    }

    @Test(arguments: [#""1001""#, "true", "null", "[]", "{}", #""never""#])
    func aTimeIsANumber(_ value: String) async throws {
        for name in ["exp", "nbf"] {
            #expect(
                try await problem(#"{"\#(name)": \#(value)}"#) == "the token's claim '\(name)' cannot be read")
        }
        // No number of JSON's.
        for value in ["1e999", "NaN", "Infinity"] { #expect(try await problem(#"{"exp": \#(value)}"#) != nil) }
    }

    @Test func theAudienceIsOneTextOrOneOfSeveral() async throws {
        let other = "the token is for another audience ('aud')"
        #expect(try await problem(#"{"aud": "relay"}"#, audience: "relay") == nil)
        #expect(try await problem(#"{"aud": ["x", "relay"]}"#, audience: "relay") == nil)
        #expect(try await problem(#"{"aud": "relay2"}"#, audience: "relay") == other)
        #expect(try await problem(#"{"aud": "Relay"}"#, audience: "relay") == other)
        #expect(try await problem(#"{"aud": ["x", "y"]}"#, audience: "relay") == other)
        #expect(try await problem(#"{"aud": []}"#, audience: "relay") == other)
        #expect(try await problem("{}", audience: "relay") == "the token names no audience ('aud')")
        for value in ["1", "null", "true", "{}", "[1]", #"["relay", 1]"#] {
            #expect(
                try await problem(#"{"aud": \#(value)}"#, audience: "relay")
                    == "the token's claim 'aud' cannot be read")
        }
    }

    /// RFC 7519, section 4.1.3.
    @Test func aTokenForSomebodyIsForNobodyElse() async throws {
        for value in [#""relay""#, "[]"] {
            #expect(
                try await problem(#"{"aud": \#(value)}"#)
                    == "the token is for an audience ('aud'), and this relay has none")
        }
    }

    @Test(arguments: ["", "[]", "1", "null", "{", #"{"exp": 1}x"#, String(repeating: "[", count: 4000), "\u{0}"])
    func claimsAreAnObject(_ payload: String) async throws {
        let expected =
            payload.isEmpty ? "the token has not the three parts of a signed JWT" : "the token's claims cannot be read"
        #expect(try await problem(payload) == expected)
    }
}
