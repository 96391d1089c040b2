import NIOHTTP1
import Testing

@testable import TrickleRelay

/// What web pages may do.
struct BrowserRulesTests {
    private func request(_ host: String?, origin: String?) -> RelayRequest {
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/cam/0")
        if let host { head.headers.add(name: "Host", value: host) }
        if let origin { head.headers.add(name: "Origin", value: origin) }
        return RelayRequest(head)
    }

    private func refusal(
        _ host: String?, _ origin: String?, _ action: RelayAction = .publish, onLoopback: Bool = false,
        _ rules: BrowserRules = BrowserRules()
    ) -> String? {
        rules.problem(with: request(host, origin: origin), action, isOnLoopback: onLoopback)?.label
    }

    @Test(arguments: [
        ("relay:2939", "http://relay:2939"), ("relay", "http://relay"), ("relay:80", "http://relay"),
        ("relay", "http://relay:80"), ("relay", "https://relay"), ("relay:443", "https://relay"),
        ("RELAY:2939", "http://relay:2939"), ("[2001:db8::1]:2939", "http://[2001:db8::1]:2939"),
    ])
    func `the relay's own pages may write`(host: String, origin: String) {
        #expect(refusal(host, origin) == nil)
    }

    @Test(arguments: [
        ("relay:2939", "http://evil"), ("relay:2939", "http://relay"), ("relay:2939", "http://relay:2940"),
        ("relay", "http://relay.evil"), ("relay", "http://xrelay"), ("relay:443", "http://relay"),
        ("relay", "null"), ("relay", ""), ("relay", "relay"), ("relay", "http://relay/"), ("relay", "http://a@relay"),
        ("relay", "http://relay http://relay"), ("relay", "file://"), (nil, "http://relay"),
        ("relay:99999", "http://relay:99999"),
    ])
    func `pages of other origins may not write`(host: String?, origin: String) {
        for action: RelayAction in [.publish, .create, .endSegment, .close, .unknown(.put), .unknown(.delete)] {
            #expect(refusal(host, origin, action) == "origin", "\(action)")
        }
        for action: RelayAction in [.read, .list, .describe, .replay] {
            #expect(refusal(host, origin, action) == nil, "\(action)")
        }
    }

    @Test func `what no page asks for is nobody's affair here`() {
        #expect(refusal("evil", nil, onLoopback: true) == nil)
        #expect(refusal(nil, nil) == nil)
    }

    @Test func `a page that has its name lead to the loopback may not write`() {
        #expect(refusal("evil.example:2939", "http://evil.example:2939", onLoopback: true) == "host")
        #expect(refusal("evil.example:2939", "http://evil.example:2939", onLoopback: false) == nil)
        for host in ["localhost:2939", "127.0.0.1:2939", "127.9.9.9", "[::1]:2939", "x.localhost"] {
            #expect(refusal(host, "http://\(host)", onLoopback: true) == nil, "\(host)")
        }
        for host in ["localhost.evil", "127.0.0.1.evil", "1.127.0.0", "[::2]", "0x7f.1"] {
            #expect(refusal(host, "http://\(host)", onLoopback: true) == "host", "\(host)")
        }
        var rules = BrowserRules()
        rules.hosts = ["relay.example"]
        #expect(refusal("relay.example", "https://relay.example", onLoopback: true, rules) == nil)
        rules = BrowserRules()
        rules.origins = [WebOrigin("https://relay.example")!]
        #expect(refusal("relay.example", "https://relay.example", onLoopback: true, rules) == nil)
    }

    @Test func `named origins may write`() {
        var rules = BrowserRules()
        rules.origins = [WebOrigin("https://Studio.example:443")!]
        #expect(refusal("relay:2939", "https://studio.example", rules) == nil)
        #expect(refusal("relay:2939", "http://studio.example", rules) == "origin")
        rules.allowsAllOrigins = true
        #expect(refusal("relay:2939", "http://evil", onLoopback: true, rules) == nil)
        #expect(refusal("relay:2939", "null", rules) == nil)
    }

    private func refusal(_ host: String, _ origin: String, _ rules: BrowserRules) -> String? {
        refusal(host, origin, .publish, rules)
    }

    private func refusal(_ host: String, _ origin: String, onLoopback: Bool = false, _ rules: BrowserRules) -> String? {
        refusal(host, origin, .publish, onLoopback: onLoopback, rules)
    }

    private func refusal(_ host: String, _ origin: String, _ action: RelayAction, _ rules: BrowserRules) -> String? {
        refusal(host, origin, action, onLoopback: false, rules)
    }

    @Test func `who may read an answer`() {
        var rules = BrowserRules()
        let foreign = request("relay", origin: "https://studio.example")
        #expect(rules.readers(of: foreign, isForAnybody: true) == .allOrigins)
        #expect(rules.readers(of: foreign, isForAnybody: false) == .sameOrigin)
        rules.origins = [WebOrigin("https://studio.example")!]
        for isForAnybody in [true, false] {
            #expect(
                rules.readers(of: foreign, isForAnybody: isForAnybody) == .origin("https://studio.example"))
        }
        let other = request("relay", origin: "https://other.example")
        #expect(rules.readers(of: other, isForAnybody: true) == .allOrigins)
        #expect(rules.readers(of: other, isForAnybody: false) == .sameOrigin)
        #expect(rules.readers(of: request("relay", origin: nil), isForAnybody: false) == .sameOrigin)
        rules.allowsAllOrigins = true
        #expect(rules.readers(of: other, isForAnybody: false) == .allOrigins)
    }
}
