extension ConformanceSuite {
    private static let origin = "Origin: http://page.example"

    /// Chapter 13: browsers and caches.
    static let browserCases = [
        ConformanceCase("CORS-1", "every answer may be read by browsers") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            for (method, path) in [
                ("GET", channel.path(0)), ("GET", channel.path("next")), ("GET", channel.path(9)),
                ("GET", "/_channels"),
                ("HEAD", channel.path(0)), ("GET", session.missingChannel().path(0)), ("GET", channel.path("x")),
            ] {
                let answer = try session.answer(method, path, [origin])
                let allowed = answer["Access-Control-Allow-Origin"] ?? "missing"
                try expect(
                    allowed == "*" || allowed == "http://page.example",
                    "\(method) \(path): Access-Control-Allow-Origin is \(allowed)")
            }
        },
        ConformanceCase("CORS-2", "the protocol's fields are exposed") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            let answer = try channel.read(0, [origin])
            let exposed = answer.head.fields.list("Access-Control-Expose-Headers")
            for (name, _) in answer.head.fields.lines where name.lowercased().hasPrefix("lp-trickle-") {
                try expect(
                    exposed.contains("*") || exposed.contains(name.lowercased()),
                    "Access-Control-Expose-Headers lacks \(name)")
            }
            for name in ["lp-trickle-closed", "lp-trickle-aborted"] {
                try expect(
                    exposed.contains("*") || exposed.contains(name), "Access-Control-Expose-Headers lacks \(name)")
            }
        },
        ConformanceCase("CORS-3", "OPTIONS answers a preflight") { session in
            let channel = try session.channel()
            let fields = [
                origin, "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: range, lp-trickle-wait",
            ]
            for part in ["0", "-1", "next"] {
                let answer = try session.answer("OPTIONS", channel.path(part), fields)
                try answer.head.expect(status: 200, 204)
                let methods = answer.head.fields.list("Access-Control-Allow-Methods")
                try expect(
                    methods.contains("*") || (methods.contains("get") && methods.contains("head")),
                    "Access-Control-Allow-Methods is \(methods)")
                let headers = answer.head.fields.list("Access-Control-Allow-Headers")
                for name in ["range", "if-range", "lp-trickle-head", "lp-trickle-wait"] {
                    try expect(
                        headers.contains("*") || headers.contains(name), "Access-Control-Allow-Headers lacks \(name)")
                }
            }
        },
        ConformanceCase("CORS-4", "OPTIONS needs no channel") { session in
            let channel = session.missingChannel()
            for (path, methods) in [
                (channel.path(0), ["delete", "get", "head", "options", "post"]),
                ("/\(channel.name)", ["delete", "options", "post"]),
                (channel.path("next"), ["get", "head", "options"]),
            ] {
                let answer = try session.answer("OPTIONS", path)
                try answer.head.expect(status: 200, 204)
                try expect(
                    answer.head.fields.list("Allow").sorted() == methods, "Allow is '\(answer["Allow"] ?? "missing")'")
            }
        },
        ConformanceCase("CACHE-1", "what may change is not stored") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            try abort(channel, 1, "half")
            for path in [
                channel.path(-2), channel.path(-5), channel.path("next"), channel.path(9), channel.path(1),
                "/_channels",
                session.missingChannel().path(0),
            ] {
                let answer = try session.answer("GET", path)
                try expect(
                    answer.head.fields.list("Cache-Control").contains("no-store"),
                    "Cache-Control of \(path) (\(answer.status)) is '\(answer["Cache-Control"] ?? "missing")'")
            }
            let writer = try channel.open(2, "open")
            let head = try channel.get(2).receiveHead()
            try expect(head.fields.list("Cache-Control").contains("no-store"), "an open segment is stored")
            try writer.finish()
            let waited = try channel.read(3, ["Lp-Trickle-Wait: 0"])
            try expect(
                waited.status != 204 || waited.head.fields.list("Cache-Control").contains("no-store"), "a 204 is stored"
            )
        },
        ConformanceCase("CACHE-2", "a complete segment is stored for a short time") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            let value = try channel.read(0)["Cache-Control"] ?? "missing"
            let age = value.split(separator: ",").map(\.trimmingSpaces).first { $0.hasPrefix("max-age=") }
            let seconds = age.flatMap { Int($0.dropFirst("max-age=".count)) } ?? 0
            try expect((1...60).contains(seconds), "Cache-Control is '\(value)'")
        },
        ConformanceCase("CACHE-3", "early heads may be stored", unseen: "allows it, and does not ask for it"),
        ConformanceCase("SAFE-1", "a segment is no page of the relay") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            try abort(channel, 1, "half")
            let writer = try channel.open(2, "open")
            for number in 0..<3 {
                let fields = try channel.get(number).receiveHead().fields
                try expect(
                    fields.list("X-Content-Type-Options") == ["nosniff"],
                    "X-Content-Type-Options of segment \(number) is '\(fields["X-Content-Type-Options"] ?? "missing")'")
                let policy = fields["Content-Security-Policy"] ?? "missing"
                let directives = policy.split(separator: ";").map(\.trimmingSpaces)
                try expect(
                    directives.contains { $0.lowercased().hasPrefix("sandbox") },
                    "Content-Security-Policy of segment \(number) is '\(policy)'")
            }
            try writer.finish()
        },
        ConformanceCase("SAFE-2", "types that browsers run are plain text") { session in
            for type in [
                "text/html", "TEXT/HTML; charset=utf-8", "image/svg+xml", "application/xhtml+xml", "text/xml",
                "application/atom+xml", "text/javascript", "application/x-ecmascript", "text/css", "application/pdf",
                "multipart/x-mixed-replace; boundary=x", "video/mp4, text/html", "html",
            ] {
                for name in ["Content-Type", "Expect-Content"] {
                    let channel = session.missingChannel()
                    try channel.publish(0, "<script>alert(1)</script>", ["\(name): \(type)"])
                    let served = try channel.read(0).head.fields["Content-Type"] ?? "missing"
                    try expect(
                        served == "text/plain" || served.hasPrefix("text/plain;"), "'\(type)' is served as '\(served)'")
                }
            }
            for type in ["video/mp4; codecs=\"avc1.4d401e,mp4a.40.2\"", "application/x-conf", "application/json"] {
                let channel = session.missingChannel()
                try channel.publish(0, "hi", ["Content-Type: \(type)"])
                try channel.read(0).head.expect("Content-Type", type)
            }
        },
    ]
}
