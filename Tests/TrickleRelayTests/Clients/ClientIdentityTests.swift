import NIOHTTP1
import Testing

@testable import TrickleRelay

/// What a request's head says of the client.
@Suite struct ClientIdentityTests {
    private func identity(
        _ fields: HTTPHeaders = [:], target: String = "/cam/0", version: HTTPVersion = .http1_1
    ) -> ClientIdentity {
        let head = HTTPRequestHead(version: version, method: .GET, uri: target, headers: fields)
        return ClientIdentity(
            address: ClientAddress("2001:db8:0:1::5")!, connection: .next(), head: RelayRequest(head))
    }

    @Test(arguments: [
        ("Bearer abc.def", ClientCredentials.bearer("abc.def")), ("bearer  a", .bearer("a")),
        ("Basic dXNlcjpwYTpzcw==", .basic(user: "user", password: "pa:ss")),
        ("BASIC Og==", .basic(user: "", password: "")),
        ("Basic w7w6w7Y=", .basic(user: "ü", password: "ö")),
        // Without a colon, of a wrong length, with wrong digits, with bits left over, not UTF-8.
        ("Basic dXNlcg==", nil), ("Basic dXNlcjpw=", nil), ("Basic dXN*cjpw", nil), ("Basic Oh==", nil),
        ("Basic /zr/", nil), ("Basic ====", nil), ("Basic", nil), ("Basic ", nil), ("Bearer", nil), ("Bearer  ", nil),
        ("Digest username=\"a\"", nil), ("abc", nil),
    ])
    func `Authorization is read`(value: String, wanted: ClientCredentials?) {
        #expect(identity(["Authorization": value]).credentials == wanted)
    }

    @Test(arguments: [
        ("/cam/0?token=abc", "abc"), ("/cam/0?a=b&token=a%26b&c", "a&b"), ("/cam/0?token=a&token=b", "b"),
        ("/cam/0?token=a=b#token=c", "a=b"), ("http://relay/cam/0?token=x", "x"), ("/cam/0?token=", nil),
        ("/cam/0?token", nil), ("/cam/0?mytoken=a", nil), ("/cam/0?token=%ff", nil), ("/cam/token=a", nil),
    ])
    func `the token of a URL is read`(target: String, wanted: String?) {
        #expect(identity(target: target).credentials == wanted.map { .token($0) })
    }

    @Test(arguments: [
        ("/cam/0", nil), ("/cam/0?", nil), ("/cam/0?token=abc", nil), ("/cam/0?a=%20&token=abc&b", "a=%20&b"),
        ("/cam/0?token", nil), ("/cam/0?%74oken=abc&x=token=y#token=z", "x=token=y"),
        ("/cam/0?mytoken=a&TOKEN=b", "mytoken=a&TOKEN=b"), ("/cam/0?token=a&token=b&&c=%ff", "c=%ff"),
    ])
    func `the query is told without tokens`(target: String, wanted: String?) {
        #expect(identity(target: target).query == wanted)
    }

    @Test func `the field is stronger than the URL's token, also where it cannot be read`() {
        #expect(identity(["Authorization": "Bearer a"], target: "/cam/0?token=b").credentials == .bearer("a"))
        #expect(identity(["Authorization": "Digest a"], target: "/cam/0?token=b").credentials == nil)
    }

    @Test func `a user agent is short and printable, whatever it is`() {
        #expect(identity().userAgent == nil)
        #expect(identity(["User-Agent": "Lavf/60.16.100"]).userAgent == "Lavf/60.16.100")
        #expect(identity(["User-Agent": "a\u{1B}[31m\tb"]).userAgent == "a?[31m?b")
        #expect(identity(["User-Agent": "ü"]).userAgent == "??")
        #expect(identity(["User-Agent": String(repeating: "é", count: 5000)]).userAgent?.utf8.count == 256)
    }

    @Test func `limits count a network of IPv6, and the protocol is known`() {
        #expect(identity().household == ClientAddress("2001:db8:0:1::"))
        #expect(identity().protocolVersion == .http11)
        #expect(identity(version: .http1_0).protocolVersion == .http10)
        #expect(identity().connection != identity().connection)
    }

    @Test(arguments: ["Bearer SECRET", "Basic U0VDUkVUOlNFQ1JFVA==", "Digest SECRET", "SECRET"])
    func `no way of printing a request tells a secret`(authorization: String) {
        let client = identity(
            ["Authorization": authorization, "Cookie": "SECRET"], target: "/cam/0?token=SECRET&password=SECRET")
        let path = RampTarget(client.head.target, basePath: BasePath("/"))!
        let match = PathPattern("/{channel}/{number}").match(path.path)!
        let request = RampRequest(client.head, .get, path, match)
        var texts: [String] = []
        for value in [client, client.head, request, client.credentials as Any] as [Any] {
            texts += ["\(value)", String(reflecting: value), "\([value])", "\(["key": value])"]
        }
        texts += client.logMetadata.map { "\($0)" }
        for text in texts { #expect(!text.contains("SECRET") && !text.contains("U0VD"), "\(text)") }
        var dumped = ""
        dump(client.credentials, to: &dumped)
        #expect(!dumped.contains("SECRET"))
    }
}
