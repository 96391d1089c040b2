import Testing
import TrickleRelay

@testable import LiveHooks

/// Who may announce streams to a hook's listener.
@Suite struct HookAccessTests {
    private func isTaken(
        _ access: HookAccess = HookAccess(hosts: ["media"]), from source: String? = "127.0.0.1",
        host: String? = "localhost:2938",
        origin: String? = nil, credentials: ClientCredentials? = nil, query: String = "", isForm: Bool = false
    ) -> Bool {
        let request = HookAccess.Request(source: source, host: host, origin: origin, credentials: credentials)
        return access.refusal(of: request, query: query[...], isForm: isForm) == nil
    }

    @Test(arguments: ["https://evil.example", "http://localhost:2938", "null", ""])
    func `nothing is taken from a web page`(origin: String) {
        #expect(!isTaken(origin: origin))
        #expect(!isTaken(HookAccess(secret: "s"), origin: origin, credentials: .bearer("s")))
    }

    @Test(arguments: [
        "localhost", "LOCALHOST:1", "127.0.0.1:2938", "192.168.1.2", "[::1]:2938", "[fe80::1]", "media:2938",
    ])
    func `the listener's own names are taken`(host: String) { #expect(isTaken(host: host)) }

    @Test(arguments: [
        "evil.example", "evil.example:2938", "localhost.evil.example", "1.2.3.evil", "", "localhost:x", "[evil]",
    ])
    func `another name is not, though it leads here`(host: String) { #expect(!isTaken(host: host)) }

    @Test func `a client of HTTP/1.0 names no host`() { #expect(isTaken(host: nil, isForm: true)) }

    @Test func `forms from other machines need the secret`() {
        #expect(isTaken(isForm: true))
        #expect(!isTaken(from: "192.0.2.1", isForm: true))
        let access = HookAccess(secret: "a b")
        #expect(isTaken(access, from: "192.0.2.1", host: "any", query: "x=1&secret=a%20b", isForm: true))
        #expect(isTaken(access, from: "192.0.2.1", credentials: .bearer("a b")))
        for query in ["", "secret=", "secret=a", "secret=a%20c", "secret=a%20bb"] {
            #expect(!isTaken(access, query: query))
        }
    }
}
