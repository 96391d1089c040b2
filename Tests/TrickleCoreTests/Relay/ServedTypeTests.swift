import Testing

@testable import TrickleCore

@Suite struct ServedTypeTests {
    @Test(arguments: [
        "video/MP2T", "audio/aac", "image/jpeg", "application/json", "application/x-protobuf",
        "text/plain; charset=utf-8",
        "application/vnd.example.thing", "video/mp4; codecs=\"avc1.4d401e,mp4a.40.2\"", "text/vtt",
        "image/png;a=b ; c=d",
        "application/geo+json", "text/plain;",
    ])
    func `what no browser runs is kept as it is`(type: String) {
        #expect(ServedType.instead(of: type) == type)
    }

    @Test(arguments: [
        "text/html", "Text/HTML", " text/html ", "text/html;charset=utf-8", "text/html\t; a=b", "application/xhtml+xml",
        "image/svg+xml", "image/svg", "text/xml", "application/xml", "application/rss+xml", "text/xsl", "text/css",
        "text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript", "text/jscript",
        "text/livescript", "application/pdf", "multipart/mixed; boundary=x", "multipart/x-mixed-replace",
        "message/rfc822", "", "html", "/", "text/", "text", "image/png, text/html", "text/html, image/png",
        "image/ png", "*/*", "unknown/unknown", "image/png text/html", "application/x-shockwave-flash",
    ])
    func `what a browser may run is plain text`(type: String) {
        #expect(ServedType.instead(of: type) == "text/plain")
    }

    @Test(arguments: [
        "image/png;a=b, text/html", "image/png;, text/html", "image/png; a=\"b\", text/html",
        "image/png; a=\"b, text/html",
        "image/png; a", "image/png;a=b;text/html",
    ])
    func `behind a type only parameters are kept`(type: String) {
        #expect(ServedType.instead(of: type) == "image/png")
    }

    @Test func `a channel has the type that is served, whoever names it first`() throws {
        var scenario = RelayScenario()
        try scenario.store.createChannel(scenario.name, contentType: "image/svg+xml", now: .zero)
        let late = try ChannelName("late")
        try scenario.store.createChannel(late, contentType: nil, now: .zero)
        try scenario.store.createChannel(late, contentType: "text/html", now: .zero)
        #expect(
            scenario.store.channelReports(of: scenario.store.channelList.names, now: .zero).map(\.contentType) == [
                "text/plain", "text/plain",
            ])
    }
}
