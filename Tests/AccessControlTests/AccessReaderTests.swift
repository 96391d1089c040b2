import ConfigurationReading
import Testing
import TrickleCore
import TrickleRelay
import YAML

@testable import AccessControl

/// The section `access` of a file.
@Suite struct AccessReaderTests {
    private func read(_ yaml: String) throws -> (rules: AccessRules, mistakes: [String]) {
        var reader = AccessReader(
            file: "r.yaml", folder: "/etc/",
            factories: AccessFactories(
                verifier: { settings in
                    if case .file(let path) = settings.keys, path.hasSuffix("missing.pem") {
                        throw TokenProblem("there is no such file")
                    }
                    return FakeTokens()
                }, hook: { _ in FakeHook() }))
        let rules = reader.read(try #require(try YAMLNode.read(yaml)))
        return (
            rules,
            reader.mistakes.map { mistake in
                #expect("\(mistake)".hasPrefix("r.yaml:\(mistake.line):\(mistake.column): "))
                return "\(mistake.line):\(mistake.column): \(mistake.message)"
            }
        )
    }

    @Test func allThatCanBeSaid() throws {
        let hash = try #require(PasswordHash.make(from: "a", cost: 4))
        let (rules, mistakes) = try read(
            """
            - {allow: [read, list], to: anybody}
            - {allow: all, to: {user: ana, password: "\(hash.text)"}}
            - {allow: publish, channels: [cam*, hall], to: {address: 192.168.0.0/16}}
            - {allow: publish, channels: cam*, to: {token: 0123456789abcdef}}
            - {to: {jwt: public.pem, audience: trickle}}
            - {allow: publish, to: {hook: "http://127.0.0.1:9000/may", cache: 1m}}
            - {allow: replay, to: [{user: ana}, {user: bob, digest-ha1: 939E7578ed9e3c518a452acee763bce9}]}
            - allow: metrics
              channels: "*"
              to:
                - {jwt: /keys/a.json, algorithm: EdDSA}
                - {jwt: "https://issuer/jwks.json"}
                - {hook: "https://may.example/?a=b"}
            """)
        #expect(mistakes == [])
        let file = JWTSettings(.file("/etc/public.pem"), audience: "trickle")
        let hook = HookSettings(url: "http://127.0.0.1:9000/may", cache: .seconds(60))
        let more = [
            JWTSettings(.file("/keys/a.json"), algorithm: .edDSA), JWTSettings(.url("https://issuer/jwks.json")),
        ]
        let other = HookSettings(url: "https://may.example/?a=b", cache: .seconds(10))
        let cams = try #require(ChannelPattern("cam*"))
        #expect(
            rules.rules == [
                AccessRule([.read, .list], to: [.anybody]),
                AccessRule(Set(AccessPermission.allCases), to: [.user("ana")]),
                AccessRule(
                    [.publish], channels: [cams, try #require(ChannelPattern("hall"))],
                    to: [.addresses(try #require(AddressRange("192.168.0.0/16")))]),
                AccessRule([.publish], channels: [cams], to: [.token("0123456789abcdef")]),
                AccessRule(Set(AccessPermission.allCases), to: [.jwt(file)]),
                AccessRule([.publish], to: [.hook(hook)]),
                AccessRule([.replay], to: [.user("ana"), .user("bob")]),
                AccessRule([.metrics], to: [.jwt(more[0]), .jwt(more[1]), .hook(other)]),
            ])
        #expect(
            rules.users == [
                "ana": UserSecrets(password: hash),
                "bob": UserSecrets(digestHA1: "939e7578ed9e3c518a452acee763bce9"),
            ])
        #expect(Set(rules.verifiers.keys) == [file, more[0], more[1]])
        #expect(Set(rules.hooks.keys) == [hook, other])
    }

    @Test(arguments: [
        ("{allow: all, to: anybody}", "1:1: 'access' has to be a list of rules"),
        ("[]", "1:1: 'access' has to be a list"),
        ("- read", "1:3: a rule has to map names to values: allow, channels, to"),
        (
            "- {alow: all, to: anybody}",
            "1:4: 'alow' is not known here: a rule has allow, channels, to; did you mean 'allow'?"
        ),
        ("- {allow: all}", "1:3: the rule does not say whom it is for"),
        ("- {to: anybody}", "1:3: the rule does not say what it allows"),
        ("- {to: [{jwt: a.pem}, anybody]}", "1:3: the rule does not say what it allows"),
        ("- {allow: [], to: anybody}", "1:11: 'allow' is an empty list"),
        ("- {allow: all, to: []}", "1:20: 'to' is an empty list"),
        ("- {allow: all, channels: [], to: anybody}", "1:26: 'channels' is an empty list"),
        (
            "- {allow: [read, publsh], to: anybody}",
            "1:18: 'publsh' cannot be allowed: there are publish, read, list, replay, metrics, or all; did you mean 'publish'?"
        ),
        ("- {allow: {a: b}, to: anybody}", "1:11: what is allowed has to be a text"),
        ("- {allow: all, channels: a/b, to: anybody}", "1:26: 'a/b' is the name of no channel"),
        ("- {allow: all, channels: '*cam', to: anybody}", "1:26: '*cam' is the name of no channel"),
        ("- {allow: all, channels: _mp4*, to: anybody}", "1:26: names that begin with '_' are the relay's own"),
        ("- {allow: all, to: anybdy}", "1:20: whom a rule is for is 'anybody', or one of"),
        ("- {allow: all, to: {tokn: abc}}", "1:20: whom a rule is for is"),
        ("- {allow: all, to: {user: a, token: b}}", "1:20: whom a rule is for is"),
        ("- {allow: all, to: {address: 10.0.0.0/33}}", "1:30: '10.0.0.0/33' is no range of addresses"),
        ("- {allow: all, to: {token: 0123456789abcde}}", "1:28: a token has 16 or more printable ASCII characters"),
        ("- {allow: all, to: {token: '0123456789 abcdef'}}", "1:28: a token has 16"),
        ("- {allow: all, to: {token: 0123456789abcdé}}", "1:28: a token has 16"),
        (
            "- {allow: all, to: {user: 'a:b', digest-ha1: 939e7578ed9e3c518a452acee763bce9}}",
            "1:27: a user's name has no ':'"
        ),
        ("- {allow: all, to: {user: ana}}", "1:27: no rule says how 'ana' shows who that is"),
        (
            "- {allow: all, to: {user: ana, password: PLAIN}}",
            "1:42: 'password' is no hash of a password: 'trickle-token --hash-password'"
        ),
        ("- {allow: all, to: {user: ana, password: '$2b$10$short'}}", "1:42: 'password' is no hash"),
        (
            "- {allow: all, to: {user: ana, password: '$2b$16$KBCwKxOzLha2MUDgW0PjXeTd0wJTYxqVVtTYqBLRWRA7s1UqYxUn6'}}",
            "1:42: 'password' takes too long to check: it has a cost of 16, and 14 is the most"
        ),
        (
            "- {allow: all, to: {user: ana, password: '$y$jFT$k2XAnEHBqQ1Ct2aMXFKNa/$c9PdfaGF5tpbkpe8RGb6bNGQiL0JxO1Vg7WSUuXmpK/'}}",
            "1:42: 'password' takes too long to check: it has work for 1024 MiB, and 128 is the most"
        ),
        ("- {allow: all, to: {user: ana, digest-ha1: 939e}}", "1:44: 'digest-ha1' is 32 hex digits"),
        (
            "- {allow: all, to: {user: ana, digest-ha1: é39e7578ed9e3c518a452acee763bce}}",
            "1:44: 'digest-ha1' is 32 hex digits"
        ),
        ("- {allow: all, to: {user: ana, pasword: x}}", "1:32: 'pasword' is not known here: 'user' has user, password"),
        ("- {to: {jwt: missing.pem}}", "1:14: there is no such file"),
        ("- {to: {jwt: 'ftp://a/b'}}", "1:14: the URL has to look like http://HOST/PATH"),
        ("- {to: {jwt: a.pem, algorithm: none}}", "1:32: 'algorithm' is one of HS256, RS256, ES256, EdDSA"),
        (
            "- {to: {jwt: a.pem, algorithm: es256}}",
            "1:32: 'algorithm' is one of HS256, RS256, ES256, EdDSA"
        ),
        ("- {to: {hook: 'http:///may'}}", "1:15: the URL has to look like"),
        ("- {to: {hook: 'http://a/b', cache: soon}}", "1:36: 'cache' has to be a time"),
    ])
    func mistakesAreToldWhereTheyAre(_ yaml: String, _ message: String) throws {
        let mistakes = try read(yaml).mistakes
        #expect(mistakes.contains { $0.hasPrefix(message) }, "\(mistakes)")
        #expect(!mistakes.contains { $0.contains("PLAIN") || $0.contains("0123456789") })
        #expect(
            mistakes.filter { !$0.hasPrefix("1:27: no rule says") }.count == 1 || message.contains("no rule says"),
            "\(mistakes)")
    }

    @Test func allMistakesAreToldAtOnceAndNoneTwice() throws {
        let hashes = try (0..<2).map { try #require(PasswordHash.make(from: "\($0)", cost: 4)).text }
        let mistakes = try read(
            """
            - {allow: writes, to: {user: ana, password: plain}}
            - {allow: read, to: {user: bob, password: "\(hashes[0])"}}
            - {allow: list, to: {user: bob, password: "\(hashes[1])"}}
            - {allow: list, to: {user: bob, password: "\(hashes[0])"}}
            - {allow: all, to: nobody}
            """
        ).mistakes
        #expect(mistakes.map { String($0.prefix { $0 != " " }) } == ["1:45:", "1:11:", "3:43:", "5:20:"])
        #expect(mistakes.contains { $0.hasPrefix("3:43: 'bob' has another password in a rule before") })
    }
}
