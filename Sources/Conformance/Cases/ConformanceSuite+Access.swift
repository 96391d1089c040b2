extension ConformanceSuite {
    private static func bearer(_ token: String) -> [String] { ["Authorization: Bearer \(token)"] }
    private static let writer = bearer(RelaySetup.token)

    /// A channel with one segment, which wants credentials.
    private static func filledChannel(_ name: String? = nil, of session: ConformanceSession) throws
        -> ConformanceChannel
    {
        let channel = ConformanceChannel(session: session, name: name ?? session.newName())
        try session.answer("POST", "/\(channel.name)", writer + ["Content-Length: 0"]).head.expect(status: 200)
        try session.answer("POST", channel.path(0), writer + ["Content-Length: 2"], body: "hi").head.expect(status: 200)
        return channel
    }

    private static func expectChallenge(
        _ answer: RawResponse, _ what: String, for schemes: Set<String> = ["bearer", "basic"]
    ) throws {
        try expect(answer.status == 401, "\(what) is answered with \(answer.status), not 401")
        let challenges = answer.head.fields.lines.filter { $0.name.lowercased() == "www-authenticate" }
            .map { $0.value.lowercased() }
        for scheme in ["bearer", "basic"] {
            let isThere = challenges.contains { $0.hasPrefix(scheme) }
            try expect(
                isThere == schemes.contains(scheme), "\(what): \(isThere ? "a" : "no") challenge for \(scheme)")
        }
    }

    /// Chapter 13: who may do what.
    static let accessCases = [
        ConformanceCase("AUTH-1", "who says not who it is gets 401, and changes nothing") { session in
            let session = try session.relay(.wantsCredentials)
            let channel = try filledChannel(of: session)
            let wrong = bearer("conformance-nobody-1")
            for (method, path) in [
                ("GET", channel.path(0)), ("HEAD", channel.path(0)), ("GET", channel.path(1)),
                ("GET", channel.path("next")), ("GET", "/_channels"), ("POST", channel.path(1)),
                ("DELETE", channel.path(0)), ("DELETE", "/\(channel.name)"), ("POST", "/\(session.newName())"),
            ] {
                let length = method == "POST" ? ["Content-Length: 0"] : []
                try expectChallenge(try session.answer(method, path, length), "\(method) \(path) without credentials")
            }
            try expectChallenge(try session.answer("GET", channel.path(0), wrong), "a wrong token")
            let list = try session.answer("GET", "/_channels", writer)
            try expect(list.text.contains(#"["\#(channel.name)"]"#), "the channels are \(list.text)")
            let next = try session.answer("GET", channel.path("next"), writer)
            try expect(next.text == "1", "the next number is \(next.text)")
        },
        ConformanceCase("AUTH-2", "a token comes in Authorization, or in the query") { session in
            let session = try session.relay(.wantsCredentials)
            let channel = try filledChannel(of: session)
            let token = "token=\(RelaySetup.token)"
            for (path, fields) in [
                (channel.path(0), writer), (channel.path("0?\(token)"), []), (channel.path("0?a=b&\(token)"), []),
                (channel.path("0?token=wrong"), writer),
            ] {
                let answer = try session.answer("GET", path, fields)
                try expect(answer.status == 200 && answer.text == "hi", "\(path) is answered with \(answer.status)")
            }
            try session.answer("POST", channel.path("1?\(token)"), ["Content-Length: 0"]).head.expect(status: 200)
            let open = try filledChannel(RelaySetup.openChannel, of: session)
            try session.answer("GET", open.path(0)).head.expect(status: 200)
        },
        ConformanceCase("AUTH-3", "what does not suffice is 403, and 404 where nobody may know") { session in
            let session = try session.relay(.wantsCredentials)
            let reader = bearer(RelaySetup.reader)
            let channel = try filledChannel(RelaySetup.readable + "a", of: session)
            let hidden = try filledChannel(of: session)
            try session.answer("GET", channel.path(0), reader).head.expect(status: 200)
            for (method, path) in [("POST", channel.path(1)), ("DELETE", "/\(channel.name)")] {
                try session.answer(method, path, reader + ["Content-Length: 0"]).head.expect(status: 403)
            }
            let answers = try [hidden.path(0), session.missingChannel().path(0)].map {
                try session.answer("GET", $0, reader)
            }
            try answers[0].head.expect(status: 404)
            try answers[1].head.expect(status: 404)
            try expect(answers[0].text == answers[1].text, "a hidden channel tells of itself: \(answers[0].text)")
        },
        ConformanceCase("AUTH-4", "OPTIONS needs no credentials") { session in
            let session = try session.relay(.wantsCredentials)
            for path in ["/cam/0", "/cam", "/_channels"] {
                try session.answer("OPTIONS", path, ["Origin: http://page.example"]).head.expect(status: 200, 204)
            }
        },
        ConformanceCase("AUTH-5", "credentials expire", unseen: "needs credentials that expire soon"),
        ConformanceCase("AUTH-6", "the list has what the client may know of") { session in
            let session = try session.relay(.wantsCredentials)
            _ = try filledChannel(of: session)
            let channel = try filledChannel(RelaySetup.readable + "a", of: session)
            let list = try session.answer("GET", "/_channels", bearer(RelaySetup.reader))
            try expect(list.text == #"{"channels":["\#(channel.name)"]}"#, "the list is \(list.text)")
            try session.answer("GET", "/_changes/0", bearer(RelaySetup.reader)).head.expect(status: 403, 404)
        },
        ConformanceCase("AUTH-7", "a script has no browser ask for a password") { session in
            let session = try session.relay(.wantsCredentials)
            let name = session.newName()
            for field in [
                "X-Requested-With: fetch", "Sec-Fetch-Mode: cors", "Sec-Fetch-Mode: no-cors",
                "Sec-Fetch-Mode: same-origin",
            ] {
                try expectChallenge(try session.answer("GET", "/\(name)/0", [field]), field, for: ["bearer"])
            }
            try expectChallenge(
                try session.answer("GET", "/\(name)/0", ["Sec-Fetch-Mode: navigate"]), "a navigation")
        },
        ConformanceCase("CORS-5", "a web page of another origin writes nothing") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            let name = session.newName()
            for origin in ["http://page.example", "null", "\(session.target.origin).example"] {
                for (method, path) in [
                    ("POST", "/\(name)"), ("POST", "/\(name)/0"), ("POST", channel.path(1)),
                    ("DELETE", channel.path(0)), ("DELETE", "/\(channel.name)"),
                ] {
                    let answer = try session.answer(method, path, ["Origin: \(origin)", "Content-Length: 0"])
                    try expect(
                        answer.status == 403,
                        "\(method) \(path) of \(origin) is answered with \(answer.status), not 403")
                }
            }
            try channel.publish(1, "ho")
            let list = try session.answer("GET", "/_channels")
            try expect(!list.text.contains(name), "a page has made the channel \(name)")
            let own = ["Origin: \(session.target.origin)", "Content-Length: 0"]
            try session.answer("POST", channel.path(2), own).head.expect(status: 200)
        },
    ]
}
