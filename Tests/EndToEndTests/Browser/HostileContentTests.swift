import Testing
import TrickleTesting

/// What strangers supply (names, lines, segments of any type) runs nothing in a browser.
@Suite(.needsBrowser, .timeLimit(.minutes(TestLimit.minutes))) struct HostileContentTests {
    private static let marker = "hacked"
    private static let markup =
        "<script>document.title='\(marker)'</script><img src=x onerror=\"document.title='\(marker)'\">"
    private static let drawing = """
        <svg xmlns="http://www.w3.org/2000/svg"><title>no</title><script>
        document.querySelector('title').textContent = '\(marker)'</script></svg>
        """
    private static let page = """
        <html xmlns="http://www.w3.org/1999/xhtml"><head><title>no</title></head><body><script>
        document.title = '\(marker)'</script></body></html>
        """
    /// Channels, and what they carry as which type.
    private static let channels: [(name: String, type: String, body: String)] = [
        ("<img src=x onerror=document.title='\(marker)'>", "text/plain", markup),
        ("\"><img src=x onerror=document.title='\(marker)'>", "text/plain", markup),
        ("'><svg onload=document.title='\(marker)'>", "application/json", markup),
        ("javascript:document.title='\(marker)'", "text/plain", markup),
        ("html", "text/html", markup), ("HTML", "TEXT/HTML; charset=utf-8", markup),
        ("text", "text/plain", markup), ("json", "application/json", markup), ("svg", "image/svg+xml", drawing),
        ("xhtml", "application/xhtml+xml", page), ("xml", "text/xml", page),
    ]

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private func publish(to relay: RelayProcess) async throws {
        for (name, type, body) in Self.channels {
            let answer = try await RunningTool.run(
                "curl",
                [
                    "-sSf", "-X", "POST", "-H", "Content-Type: \(type)", "--data-binary", body,
                    "\(relay.url)/\(Self.encoded(name))/0",
                ])
            try #require(answer.status.isSuccess, "\(name): \(answer.errors)")
        }
    }

    /// Whether the marker is set: at once, or by a picture that does not load.
    private func isHacked(_ browser: Browser) async throws -> Bool {
        try await browser.waits(
            for: "document.readyState === 'complete' && [...document.images].every(image => image.complete)")
        return try await browser.text(of: "document.title").contains(Self.marker)
    }

    @Test func `the marker is set where nothing forbids it`() async throws {
        try await Browser.with { browser in
            for (type, body) in [
                ("text/html", Self.markup), ("image/svg+xml", Self.drawing), ("application/xhtml+xml", Self.page),
            ] {
                try await browser.open("data:\(type),\(Self.encoded(body))")
                try await browser.waits(for: "document.title.includes('\(Self.marker)')")
            }
        }
    }

    @Test func `what is opened directly runs nothing`() async throws {
        try await RelayProcess.with { relay in
            try await publish(to: relay)
            try await Browser.with { browser in
                try await browser.open("\(relay.url)/_channels")
                let next = try await browser.number(of: "JSON.parse(document.body.textContent).next")
                for path in ["_channels", "_api/channels", "_changes/\(Int(next) - Self.channels.count)"] {
                    try await browser.open("\(relay.url)/\(path)")
                    #expect(try await !isHacked(browser), "\(path)")
                    #expect(try await browser.text(of: "document.body.textContent").contains("<img"), "\(path)")
                }
                for (name, type, body) in Self.channels {
                    for position in ["0", "-2"] {
                        try await browser.open("\(relay.url)/\(Self.encoded(name))/\(position)")
                        #expect(try await !isHacked(browser), "\(name) as \(type)")
                        // It was shown, as what it is: text.
                        let shown = try await browser.text(of: "document.documentElement.textContent")
                        #expect(shown.contains(body.prefix(5)), "\(name) as \(type): \(shown)")
                    }
                    guard body == Self.markup, name.contains(Self.marker) else { continue }
                    // Answers that have no segment in them, and may name the channel.
                    for path in [
                        "7", "live.mp4", "thumbnail.jpg", "index.m3u8", "master.m3u8", Self.encoded(Self.markup),
                    ] {
                        try await browser.open("\(relay.url)/\(Self.encoded(name))/\(path)")
                        #expect(try await !isHacked(browser), "\(name), \(path)")
                    }
                }
            }
        }
    }

    @Test func `the page shows names and lines as text, and its links lead to the relay`() async throws {
        try await RelayProcess.with { relay in
            try await publish(to: relay)
            try await Browser.with { browser in
                try await browser.open(relay.url + "/")
                try await browser.waits(for: "document.querySelectorAll('.card').length === \(Self.channels.count)")
                let titles = try await browser.value(
                    of: "[...document.querySelectorAll('.card h2')].map(title => title.textContent)")
                #expect(Set(titles as? [String] ?? []) == Set(Self.channels.map(\.name)))
                for (name, type, body) in Self.channels {
                    try await browser.open("\(relay.url)/\(Self.encoded(name))")
                    try await browser.waits(for: "document.getElementById('badge').textContent === 'live'")
                    let isText = type.hasPrefix("text/") || type.hasPrefix("TEXT/") || type.hasSuffix("json")
                    if isText {
                        let text = "document.getElementById('text').textContent"
                        try await browser.waits(for: "\(text).length >= \(body.count)")
                        #expect(try await browser.text(of: text) == body)
                    }
                    #expect(try await browser.text(of: "document.title") == name + " – trickle")
                    let origins = try await browser.value(
                        of: "[...new Set([...document.links].map(link => link.origin))]")
                    #expect(origins as? [String] == [relay.url])
                    let foreign = "document.querySelectorAll('script, img, svg, iframe, object').length"
                    #expect(
                        try await browser.number(of: "\(foreign) - document.querySelectorAll('figure svg').length") == 1
                    )
                }
                // A name that is not there comes from the link alone.
                let stranger = "<img src=x onerror=document.title='\(Self.marker)'>2"
                try await browser.open("\(relay.url)/\(Self.encoded(stranger))")
                try await browser.waits(for: "condition.state === 'missing'")
                #expect(try await browser.text(of: "document.title") == stranger + " – trickle")
                let complaints = try await browser.errors()
                #expect(complaints == [])
            }
        }
    }
}
