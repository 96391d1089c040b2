import Foundation
import Testing
import TrickleTesting

/// Who is let in, and what pages of others may do, as a real browser has it.
@Suite(.needsBrowser, .timeLimit(.minutes(TestLimit.minutes))) struct AccessPageTests {
    private let folder = TemporaryFolder()
    private static let token = "page-token&more%1"
    private static let encodedToken = "page-token%26more%251"

    /// A relay that wants the token for everything.
    private func withRelay(_ body: (RelayProcess) async throws -> Void) async throws {
        let text = "access:\n  - {allow: all, to: {token: \"\(Self.token)\"}}\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder("relay.yaml")))
        try await RelayProcess.with(["--config", folder("relay.yaml")], body)
    }

    @Test func `the page keeps its token where no script and no other page gets at it`() async throws {
        try await withRelay { relay in
            let made = try await RunningTool.run(
                "curl", ["-sSf", "-H", "Authorization: Bearer \(Self.token)", "-d", "hi", "\(relay.url)/mine/0"])
            try #require(made.status.isSuccess, "\(made.errors)")
            try await Browser.with { browser in
                try await browser.open("\(relay.url)/?token=\(Self.encodedToken)")
                try await browser.waits(for: "known.has('mine')")
                #expect(try await browser.text(of: "location.search") == "")
                #expect(try await browser.text(of: "document.cookie") == "")
                #expect(try await answer(browser, "GET", "/mine/0") == "200")
                // It is still there when the page is loaded again.
                try await browser.open("\(relay.url)/mine")
                try await browser.waits(for: "known.has('mine')")
                // Another page on this host has the browser send the cookie, and gets nothing of the answer.
                try await RelayProcess.with { other in
                    try await browser.open(other.url + "/nothing/next")
                    #expect(
                        try await answer(browser, "GET", "\(relay.url)/mine/0", options: "credentials: 'include'")
                            == "TypeError")
                }
            }
            #expect(try await channels(of: relay, token: Self.token).contains(#"["mine"]"#))
        }
    }

    @Test func `the page tells its visitor when its token counts no longer, and asks for no password`() async throws {
        try await withRelay { relay in
            let made = try await RunningTool.run(
                "curl", ["-sSf", "-H", "Authorization: Bearer \(Self.token)", "-d", "hi", "\(relay.url)/mine/0"])
            try #require(made.status.isSuccess, "\(made.errors)")
            try await Browser.with { browser in
                try await browser.open("\(relay.url)/?token=\(Self.encodedToken)")
                try await browser.waits(for: "known.has('mine')")
                let text = "access:\n  - {allow: all, to: {token: another-token-of-16}}\n"
                try Data(text.utf8).write(to: URL(fileURLWithPath: folder("relay.yaml")))
                relay.process.signalGroup(SIGHUP)
                // A question for a password would hold up everything that the page asks for.
                try await browser.waits(for: "refusal === 401")
                #expect(
                    try await answer(browser, "GET", "/mine/0", options: "headers: { 'X-Requested-With': 'fetch' }")
                        == "401")
            }
        }
    }

    /// What a page is answered when it asks the relay for something: the status, or what went wrong.
    private func answer(_ browser: Browser, _ method: String, _ url: String, options: String = "") async throws
        -> String
    {
        let key = "answer\(UInt32.random(in: 0 ... .max))"
        _ = try await browser.value(
            of: """
                fetch('\(url)', { method: '\(method)', \(options) })
                  .then(answer => { window.\(key) = String(answer.status || answer.type); })
                  .catch(error => { window.\(key) = error.name; }), ''
                """)
        try await browser.waits(for: "window.\(key) !== undefined")
        return try await browser.text(of: "window.\(key)")
    }

    private func channels(of relay: RelayProcess, token: String? = nil) async throws -> String {
        let fields = token.map { ["-H", "Authorization: Bearer \($0)"] } ?? []
        return try await RunningTool.run("curl", ["-sS"] + fields + ["\(relay.url)/_channels"]).outputText
    }

    @Test func `a page of another origin begins no channel and ends none`() async throws {
        try await RelayProcess.with { relay in
            let made = try await RunningTool.run("curl", ["-sSf", "-d", "hi", "\(relay.url)/mine/0"])
            try #require(made.status.isSuccess, "\(made.errors)")
            // What another relay on this machine says: for a browser another origin, on the same host, and without the rules of our own page.
            try await RelayProcess.with { other in
                try await Browser.with { browser in
                    try await browser.open(other.url + "/nothing/next")
                    for mode in ["mode: 'no-cors'", "mode: 'cors'"] {
                        for path in ["bad", "bad/0", "mine/1"] {
                            _ = try await answer(browser, "POST", "\(relay.url)/\(path)", options: "\(mode), body: 'x'")
                        }
                    }
                    _ = try await answer(browser, "DELETE", "\(relay.url)/mine")
                    // Reading is open to all pages.
                    #expect(try await answer(browser, "GET", "\(relay.url)/mine/0") == "200")
                }
            }
            let list = try await channels(of: relay)
            #expect(list.contains(#"["mine"]"#), "\(list)")
            let next = try await RunningTool.run("curl", ["-sS", "\(relay.url)/mine/next"]).outputText
            #expect(next == "1")
        }
    }

    @Test func `a named origin does what its visitor may`() async throws {
        try await RelayProcess.with { other in
            try await RelayProcess.with(["--allow-origin", other.url]) { relay in
                try await Browser.with { browser in
                    try await browser.open(other.url + "/nothing/next")
                    #expect(try await answer(browser, "POST", "\(relay.url)/good/0", options: "body: 'x'") == "200")
                    #expect(try await answer(browser, "DELETE", "\(relay.url)/good/0") == "200")
                }
                #expect(try await channels(of: relay).contains(#"["good"]"#))
            }
        }
    }
}
