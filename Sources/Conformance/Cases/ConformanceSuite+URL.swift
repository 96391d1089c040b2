extension ConformanceSuite {
    /// Chapter 2: routes and names.
    static let urlCases = [
        ConformanceCase("URL-1", "paths that are no route are 404") { session in
            let channel = try session.channel()
            try channel.publish(0, "a")
            try session.answer("GET", "/\(channel.name)/0/more").head.expect(status: 404)
            guard !session.target.basePath.isEmpty else { return }
            let outside = try session.connect()
            try outside.send("GET /\(channel.name)/0 HTTP/1.1\r\nHost: \(session.target.authority)\r\n\r\n")
            try outside.receiveResponse().head.expect(status: 404)
        },
        ConformanceCase("URL-2", "names that are none are 400") { session in
            for name in ["%00", "a%0Ab", "%7F", "%C2%80", "a%2Fb", "%2E", "%2E%2E", "%FF", "a%zz", "a%2"] {
                for (method, path) in [("POST", "/\(name)"), ("POST", "/\(name)/0"), ("GET", "/\(name)/0")] {
                    let status = try session.answer(method, path, ["Content-Length: 0"]).status
                    try expect(status == 400, "\(method) \(path) is answered with \(status), not 400")
                }
            }
            let longest = (session.newName() + String(repeating: "x", count: 255)).prefix(255)
            try session.answer("POST", "/\(longest)", ["Content-Length: 0"]).head.expect(status: 200)
            try session.answer("DELETE", "/\(longest)").head.expect(status: 200)
            try session.answer("POST", "/\(longest)x", ["Content-Length: 0"]).head.expect(status: 400)
        },
        ConformanceCase("URL-3", "names are compared decoded") { session in
            let channel = ConformanceChannel(session: session, name: session.newName() + "%C3%A9")
            try channel.publish(0, "caf\u{E9}")
            defer { _ = try? channel.delete() }
            let bare = channel.name.dropLast(6)
            for spelling in ["%c3%a9", "%C3%a9"] {
                let answer = try session.answer("GET", "/\(bare)\(spelling)/0")
                try answer.head.expect(status: 200)
                try expect(answer.text == "caf\u{E9}", "'\(bare)\(spelling)' is another channel than '\(channel.name)'")
            }
            try session.answer("GET", "/\(bare)e%CC%81/0").head.expect(status: 404)
            let encoded = bare.replacing("conf", with: "%63o%6Ef")
            try session.answer("GET", "/\(encoded)%C3%A9/0").head.expect(status: 200)
        },
        ConformanceCase("URL-4", "the relay's own names cannot be published or deleted") { session in
            for name in ["_changes", "_channels", "_else"] {
                for (method, path) in [
                    ("POST", "/\(name)"), ("POST", "/\(name)/0"), ("POST", "/\(name)/-1"), ("DELETE", "/\(name)"),
                    ("DELETE", "/\(name)/0"),
                ] {
                    let status = try session.answer(method, path, ["Content-Length: 0"]).status
                    try expect(status == 403, "\(method) \(path) is answered with \(status), not 403")
                }
            }
        },
        ConformanceCase("URL-5", "names of the relay's own that it does not have are 404") { session in
            try session.answer("GET", "/_else/0").head.expect(status: 404)
        },
        ConformanceCase("URL-6", "numbers that are none are 400") { session in
            let channel = try session.channel()
            try channel.publish(0, "a")
            let parts = [
                "a", "0x1", "1.0", "+1", "-0", "--1", "9007199254740992", "-9007199254740992", "1%20", "Next", "-",
                "%30",
            ]
            for part in parts + ["99999999999999999999999999999999"] {
                for method in ["GET", "POST", "DELETE"] {
                    let length = method == "POST" ? ["Content-Length: 0"] : []
                    let status = try session.answer(method, channel.path(part), length).status
                    try expect(status == 400, "\(method) of '\(part)' is answered with \(status), not 400")
                }
            }
            try session.answer("GET", channel.path("00")).head.expect(status: 200)
            try session.answer("GET", channel.path("9007199254740991")).head.expect(status: 470)
            try session.answer("GET", channel.path("-9007199254740991")).head.expect(status: 200)
        },
        ConformanceCase("URL-7", "a query is ignored") { session in
            let channel = try session.channel()
            try session.answer("POST", channel.path("0?a=b/c"), ["Content-Length: 2"], body: "hi").head.expect(
                status: 200)
            let answer = try session.answer("GET", channel.path("0?x=%zz&y"))
            try answer.head.expect(status: 200)
            try expect(answer.text == "hi", "the body is '\(answer.text)'")
        },
        ConformanceCase(
            "URL-8", "a target in absolute form is read as its path",
            onlyInHTTP1: "HTTP/2 has the parts of a target in fields of their own"
        ) { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            let target = session.target
            let reader = try session.connect()
            try reader.send(
                "GET \(target.origin)\(target.basePath)\(channel.path(0)) HTTP/1.1\r\n"
                    + "Host: \(target.authority)\r\n\r\n")
            let answer = try reader.receiveResponse()
            try answer.head.expect(status: 200)
            try expect(answer.text == "hi", "the body is '\(answer.text)'")
        },
        ConformanceCase("URL-9", "methods that a route does not have are 405 with Allow, unknown ones 405 or 501") {
            session in
            let channel = try session.channel()
            try channel.publish(0, "a")
            let segment: Set = ["get", "head", "post", "delete", "options"]
            for (method, path, allowed) in [
                ("PUT", "/\(channel.name)", ["post", "delete", "options"]),
                ("GET", "/\(channel.name)", ["post", "delete", "options"]),
                ("PATCH", channel.path(0), segment), ("PUT", channel.path(0), segment),
                ("POST", channel.path("next"), ["get", "head", "options"]),
                ("DELETE", channel.path("next"), ["get", "head", "options"]),
            ] as [(String, String, Set<String>)] {
                let answer = try session.answer(method, path, ["Content-Length: 0"])
                try expect(answer.status == 405, "\(method) \(path) is answered with \(answer.status), not 405")
                let found = Set(answer.head.fields.list("Allow"))
                try expect(found == allowed, "Allow of \(path) is '\(answer["Allow"] ?? "")', not \(allowed.sorted())")
            }
            for (method, path) in [
                ("BREW", "/\(channel.name)"), ("get", channel.path(0)), ("GETS", channel.path(0)),
                ("P", channel.path("next")),
            ] {
                let status = try session.answer(method, path, ["Content-Length: 0"]).status
                try expect([405, 501].contains(status), "\(method) \(path) is answered with \(status), not 405 or 501")
            }
        },
        ConformanceCase("URL-11", "what is no stream is refused at /ch/live.ts and its like, and creates nothing") {
            session in
            let channel = session.missingChannel()
            for door in ["ts", "mkv", "webm", "flv", "mp4"] {
                for method in ["PUT", "POST"] {
                    let path = channel.path("live.\(door)")
                    let status = try session.answer(method, path, ["Content-Length: 5"], body: "hello").status
                    try expect(
                        (400..<500).contains(status), "\(method) of a text to \(path) is answered with \(status)")
                    try session.answer("GET", channel.path("next")).head.expect(status: 404)
                }
            }
        },
        ConformanceCase("URL-10", "a refused POST creates nothing") { session in
            let channel = session.missingChannel()
            var requests = [
                ("/-2", ["Content-Length: 0"]), ("/x", ["Content-Length: 0"]),
                ("/0", ["Content-Length: 9007199254740991"]),
            ]
            // In HTTP/2 that is a stream error, without an answer (RFC 9113, section 8.1.1).
            if !session.settings.speaksHTTP2 { requests.append(("/0", ["Content-Length: x"])) }
            for (part, fields) in requests {
                let status = try session.answer("POST", "/\(channel.name)\(part)", fields).status
                try expect(status >= 400, "POST \(part) with \(fields) is answered with \(status)")
            }
            try session.answer("GET", channel.path("next")).head.expect(status: 404)
        },
    ]
}
