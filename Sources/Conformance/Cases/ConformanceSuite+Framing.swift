extension ConformanceSuite {
    /// Chapter 3: requests that are not as HTTP has them.
    static let framingCases = [
        ConformanceCase(
            "HTTP-6", "bare LF is refused",
            onlyInHTTP1: "HTTP/2 has frames, no such lines"
        ) { session in
            let channel = try session.channel()
            let head = session.head("GET", channel.path("next"))
            try expectRefused(session, head.replacing("\r\n", with: "\n"))
            try expectRefused(session, head.replacing("HTTP/1.1\r\n", with: "HTTP/1.1\n"))
            let post = session.head("POST", channel.path(0), ["Transfer-Encoding: chunked"])
            try expectRefused(session, post + "2\nhi\n0\n\n")
            try channel.expectNext(0)
        },
        ConformanceCase(
            "HTTP-7", "contradictory lengths are refused",
            onlyInHTTP1: "HTTP/2 has frames, no such lines"
        ) { session in
            let channel = try session.channel()
            for fields in [
                ["Content-Length: 5", "Transfer-Encoding: chunked"],
                ["Transfer-Encoding: chunked", "Content-Length: 5"],
                ["Content-Length: 5", "Content-Length: 6"], ["Content-Length: 5, 6"], ["Content-Length: -5"],
                ["Content-Length: +5"], ["Content-Length: 0x5"], ["Content-Length: 5 5"], ["Content-Length: "],
            ] {
                try expectRefused(session, session.head("POST", channel.path(0), fields) + "0\r\n\r\n")
            }
            try channel.expectNext(0)
        },
        ConformanceCase(
            "HTTP-8", "heads that HTTP does not allow are refused",
            onlyInHTTP1: "HTTP/2 has frames, no such lines"
        ) { session in
            let channel = try session.channel()
            let line = "GET \(session.target.basePath)\(channel.path("next")) HTTP/1.1\r\n"
            let host = "Host: \(session.target.authority)\r\n"
            for head in [line + "\r\n", line + host + host + "\r\n"] {
                let connection = try session.connect()
                try connection.send(head)
                try connection.receiveResponse().head.expect(status: 400)
            }
            for field in ["X-A : b", "X-A: b\r\n folded", "no colon"] {
                try expectRefused(session, line + host + field + "\r\n\r\n")
            }
            try expectRefused(session, line + " X-A: b\r\n" + host + "\r\n")
        },
        ConformanceCase(
            "HTTP-9", "nothing that follows a refused request is carried out",
            onlyInHTTP1: "HTTP/2 has frames, no such lines"
        ) { session in
            let channel = try session.channel()
            let bad = session.head("POST", channel.path(0), ["Content-Length: 2", "Transfer-Encoding: chunked"])
            let hidden = session.head("POST", channel.path(1), ["Content-Length: 2"]) + "hi"
            try expectRefused(session, bad + "0\r\n\r\n" + hidden)
            try channel.expectNext(0)
        },
        ConformanceCase(
            "HTTP-10", "a bad chunk size ends the connection and aborts the segment",
            onlyInHTTP1: "HTTP/2 has frames, no such lines"
        ) { session in
            let channel = try session.channel()
            for (number, size) in ["zz", "-1", "11111111111111111", "0x2", " 2", ""].enumerated() {
                let writer = try channel.open(number, "good")
                let reader = try channel.get(number)
                try reader.receiveHead().expect(status: 200)
                try reader.expectBody("good")
                try writer.connection.send("\(size)\r\nhi\r\n0\r\n\r\n")
                let rest = try reader.receiveRest()
                try expect(rest.text == "", "after the chunk size '\(size)' readers get '\(rest.text)'")
                try expect(
                    rest.trailers["Lp-Trickle-Aborted"] == "publisher",
                    "after the chunk size '\(size)' the segment is not aborted")
                try expectRefusal(writer.connection, of: "the chunk size '\(size)'")
            }
        },
    ]

    private static func expectRefused(_ session: ConformanceSession, _ request: String) throws {
        let connection = try session.connect()
        try connection.send(request)
        try expectRefusal(connection, of: "'\(request.prefix(300))'")
    }

    /// Sees that the connection ends, after a 400 or without a word.
    private static func expectRefusal(_ connection: RawConnection, of what: String) throws {
        let deadline = ContinuousClock.now + connection.patience
        var arrival = try connection.receive(until: deadline)
        if arrival == .bytes {
            let answer = try connection.receiveResponse(to: "POST")
            try expect(answer.status == 400, "\(what) is answered with \(answer.status)")
            arrival = try connection.receive(until: deadline)
        }
        try expect(connection.pending.isEmpty, "something is answered after the refusal of \(what)")
        try expect(arrival == .end, "the connection stays open after \(what)")
    }

    /// Chapter 3: features and errors.
    static let featureCases = [
        ConformanceCase("FEAT-1", "every answer tells the features") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            let known: Set = ["resume", "range", "size", "head", "wait"]
            let answers = [
                ("GET", channel.path(0)), ("GET", channel.path("next")), ("GET", channel.path(9)),
                ("GET", "/_channels"),
                ("GET", channel.path("x")), ("GET", session.missingChannel().path(0)), ("HEAD", channel.path(0)),
                ("OPTIONS", channel.path(0)), ("POST", channel.path(1)), ("POST", "/\(channel.name)"),
                ("POST", "/_x/0"),
                ("PUT", channel.path(0)), ("DELETE", channel.path(1)), ("DELETE", "/\(channel.name)"),
            ]
            for (method, path) in answers {
                let answer = try session.answer(method, path, ["Content-Length: 0"])
                guard answer["Lp-Trickle-Features"] != nil else {
                    throw ConformanceFailure("\(method) \(path) (\(answer.status)) has no Lp-Trickle-Features")
                }
                let names = answer.head.fields.list("Lp-Trickle-Features")
                try expect(
                    Set(names).isSubset(of: known), "Lp-Trickle-Features has \(Set(names).subtracting(known).sorted())")
            }
        },
        ConformanceCase(
            "FEAT-2", "what a feature stands for", unseen: "a definition: the cases of what it stands for show it"),
        ConformanceCase("FEAT-3", "clients use what is announced", unseen: "binds clients"),
        ConformanceCase("ERR-1", "errors say what is wrong in one line") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            for (method, path) in [
                ("GET", channel.path("x")), ("GET", channel.path(9)), ("GET", session.missingChannel().path(0)),
                ("POST", "/_x"), ("PUT", channel.path(0)), ("POST", channel.path(-2)),
            ] {
                let answer = try session.answer(method, path, ["Content-Length: 0"])
                let type = answer["Content-Type"]?.lowercased() ?? ""
                try expect(type.hasPrefix("text/plain"), "\(method) \(path): Content-Type is '\(type)'")
                let line = answer.text.hasSuffix("\n") ? String(answer.text.dropLast()) : answer.text
                try expect(
                    !line.isEmpty && !line.contains(where: \.isNewline),
                    "\(method) \(path): the body is '\(answer.text)'")
            }
        },
        ConformanceCase("ERR-2", "no channel is 404 Stream not found") { session in
            let channel = session.missingChannel()
            for (method, path) in [
                ("GET", channel.path(0)), ("GET", channel.path(-1)), ("GET", channel.path("next")),
                ("DELETE", "/\(channel.name)"),
                ("DELETE", channel.path(0)),
            ] {
                let answer = try session.answer(method, path)
                try expect(answer.status == 404, "\(method) \(path) is answered with \(answer.status)")
                try expect(answer.text.hasPrefix("Stream not found"), "the body is '\(answer.text)'")
            }
        },
        ConformanceCase("ERR-3", "no segment is 470 Entry not found") { session in
            let channel = try session.channel()
            try channel.publish(first: 2)
            let answer = try channel.read(7)
            try answer.head.expect(status: 470)
            try answer.head.expect("Lp-Trickle-Latest", "2")
            try answer.head.expect("Lp-Trickle-Seq", "7")
            try expect(answer.text.hasPrefix("Entry not found"), "the body is '\(answer.text)'")
        },
        ConformanceCase("ERR-4", "429 and 503 carry Retry-After") { session in
            let channel = try session.channel()
            let answer = try overfill(channel)
            guard let answer else {
                throw ConformanceSkip(reason: "the relay takes as many open segments as the case dares to open")
            }
            try answer.head.expect(status: 429)
            try expect(
                Int(answer["Retry-After"] ?? "") != nil, "Retry-After is '\(answer["Retry-After"] ?? "missing")'")
        },
        ConformanceCase("ERR-5", "an error leaves the connection usable") { session in
            let channel = try session.channel()
            let connection = try session.connect()
            for (method, path, status) in [
                ("GET", channel.path("x"), 400), ("GET", channel.path(9), 470), ("PUT", channel.path(0), 405),
                ("GET", session.missingChannel().path(0), 404), ("HEAD", channel.path(9), 470),
                ("GET", channel.path("next"), 200),
            ] {
                try connection.send(session.head(method, path, method == "PUT" ? ["Content-Length: 0"] : []))
                try connection.receiveResponse(to: method).head.expect(status: status)
            }
        },
    ]

    /// Opens segments until one more is refused.
    ///
    /// - Returns: the refusal; nil where there is none.
    static func overfill(_ channel: ConformanceChannel) throws -> RawResponse? {
        for number in 0..<100 {
            let connection = try channel.session.connect()
            let fields = ["Transfer-Encoding: chunked"]
            try connection.send(channel.session.head("POST", channel.path(number), fields) + "1\r\nx\r\n")
            let deadline = ContinuousClock.now + channel.session.settings.patience
            while try connection.pending.isEmpty && channel.next() == number {
                _ = try connection.receive(until: .now + .milliseconds(20))
                try expect(ContinuousClock.now < deadline, "POST \(number) is neither taken nor refused")
            }
            if !connection.pending.isEmpty {
                try expect(number >= 16, "only \(number) segments can be open")
                return try connection.receiveResponse(to: "POST")
            }
        }
        return nil
    }
}
