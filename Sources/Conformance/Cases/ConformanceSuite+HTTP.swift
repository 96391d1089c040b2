extension ConformanceSuite {
    /// Chapter 3: connections and their requests.
    static let httpCases = [
        ConformanceCase("HTTP-1", "a connection serves many requests") { session in
            let channel = try session.channel()
            let connection = try session.connect()
            for number in 0..<3 {
                try connection.send(session.head("POST", channel.path(number), ["Content-Length: 2"]) + "hi")
                try connection.receiveResponse(to: "POST").head.expect(status: 200)
                try connection.send(session.head("GET", channel.path(number)))
                let answer = try connection.receiveResponse()
                try expect(answer.text == "hi", "the body is '\(answer.text)'")
            }
            let writer = try channel.open(3, "op")
            try connection.send(session.head("GET", channel.path(3)))
            try connection.receiveHead().expect(status: 200)
            try connection.expectBody("op")
            try writer.write("en")
            try writer.finish()
            try expect(connection.receiveRest().text == "en", "the chunked body does not end as it should")
            try connection.send(session.head("GET", channel.path("next")))
            try connection.receiveResponse().head.expect(status: 200)
        },
        ConformanceCase(
            "HTTP-2", "pipelined requests are answered in their order",
            onlyInHTTP1: "HTTP/2 has streams instead"
        ) { session in
            let channel = try session.channel()
            try channel.publish(0, "zero")
            let connection = try session.connect()
            try connection.send(
                session.head("GET", channel.path(0)) + session.head("GET", channel.path(1))
                    + session.head("POST", channel.path(2), ["Content-Length: 3"]) + "two"
                    + session.head("GET", channel.path(2)) + session.head("GET", channel.path("next")))
            try expect(connection.receiveResponse().text == "zero", "the first answer is not the first")
            try connection.expectSilence(session.settings.silence)
            try channel.publish(1, "one")
            try expect(connection.receiveResponse().text == "one", "the second answer is not the second")
            try connection.receiveResponse(to: "POST").head.expect("Lp-Trickle-Seq", "2")
            try expect(connection.receiveResponse().text == "two", "the fourth answer is not the fourth")
            try connection.receiveResponse().head.expect("Lp-Trickle-Latest", "3")
        },
        ConformanceCase(
            "HTTP-3", "Connection: close closes",
            onlyInHTTP1: "a connection of HTTP/2 has many streams, and no such field"
        ) { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            let connection = try channel.get(0, ["Connection: close"])
            try expect(connection.receiveResponse().text == "hi", "the body is not 'hi'")
            try connection.expectEnd()
        },
        ConformanceCase(
            "HTTP-4", "HTTP/1.0 is answered without chunks",
            onlyInHTTP1: "about HTTP/1.0"
        ) { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "hel")
            let reader = try channel.get(0, version: "1.0")
            let head = try reader.receiveHead()
            try head.expect(status: 200)
            try head.expect(absent: "Transfer-Encoding")
            try reader.expectBody("hel")
            try writer.write("lo")
            try writer.finish()
            try expect(reader.receiveRest().text == "lo", "the body does not go on with 'lo'")
            try reader.expectEnd()
            try expect(
                session.answer("GET", channel.path(0), version: "1.0").text == "hello", "the body is not 'hello'")
            let fields = ["Content-Length: 2"]
            try session.answer("POST", channel.path(1), fields, body: "hi", version: "1.0").head.expect(status: 200)
            try channel.expectSegment(1, "hi")
        },
        ConformanceCase("HTTP-5", "a publisher that has shut down its side gets its answer") { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "hi")
            try writer.connection.send("0\r\n\r\n")
            writer.connection.shutDownSending()
            let answer = try writer.connection.receiveResponse(to: "POST")
            try answer.head.expect(status: 200)
            try answer.head.expect("Lp-Trickle-Seq", "0")
            let whole = try session.connect()
            try whole.send(session.head("POST", channel.path(1), ["Content-Length: 2"]) + "hi")
            whole.shutDownSending()
            try whole.receiveResponse(to: "POST").head.expect(status: 200)
            try channel.expectSegment(1, "hi")
        },
        ConformanceCase("HTTP-11", "chunk extensions and trailer fields are ignored") { session in
            let channel = try session.channel()
            let body = "2;a=b;c=\"d\"\r\nhi\r\n0;last\r\nX-Sum: 1\r\nLp-Trickle-Reset: 1\r\n\r\n"
            try session.answer("POST", channel.path(0), ["Transfer-Encoding: chunked"], body: body).head.expect(
                status: 200)
            try channel.expectSegment(0, "hi")
        },
        ConformanceCase(
            "HTTP-12", "other transfer codings are refused",
            onlyInHTTP1: "HTTP/2 has no transfer codings"
        ) { session in
            let channel = try session.channel()
            let answer = try session.answer(
                "POST", channel.path(0), ["Transfer-Encoding: gzip, chunked"], body: "0\r\n\r\n")
            try answer.head.expect(status: 400, 501)
            try channel.expectNext(0)
        },
        ConformanceCase("HTTP-13", "long targets are 414, long heads 431") { session in
            let channel = try session.channel()
            let query = String(repeating: "q", count: 7000)
            try session.answer("GET", channel.path("next?\(query)")).head.expect(status: 200)
            try session.answer("GET", channel.path("next"), ["X-Long: \(query)"]).head.expect(status: 200)
            let long = String(repeating: "q", count: 300 << 10)
            for (target, field, status) in [("next?\(long)", "X: y", 414), ("next", "X-Long: \(long)", 431)] {
                let connection = try session.connect()
                let bytes = Array(session.head("GET", channel.path(target), [field]).utf8)
                // The relay may have closed before it has read all of it.
                var sent = 0
                while sent < bytes.count, connection.pending.isEmpty {
                    sent += connection.sendSome(Array(bytes[sent...]))
                    if try connection.receive(until: .now + .milliseconds(20)) == .end { break }
                }
                if session.settings.speaksHTTP2 {
                    // The relay may refuse to decode so much (RFC 9113, section 10.5.1).
                    if connection.pending.isEmpty { _ = try connection.receive(until: .now + connection.patience) }
                    if connection.pending.isEmpty, connection.hasEnded { continue }
                }
                try connection.receiveHead().expect(status: status)
            }
        },
        ConformanceCase(
            "HTTP-14", "a head that does not end is 408", onlyInHTTP1: "HTTP/2 ends a head with its frame",
            wait: { $0.startRelay == nil ? .seconds(60) : .seconds(2) }
        ) { session in
            let isHurried = session.settings.startRelay != nil
            let connection = try (isHurried ? session.relay(.isInAHurry) : session).connect()
            try connection.send("GET /x/0 HTTP/1.1\r\nHost: ")
            connection.patience = isHurried ? .seconds(3) + session.settings.patience : .seconds(61)
            guard try connection.receive(until: .now + connection.patience) == .bytes else {
                try expect(connection.hasEnded, "nothing happens for \(connection.patience)")
                return
            }
            try connection.receiveHead().expect(status: 408)
        },
        ConformanceCase(
            "HTTP-20", "a body, a chunk's line or a trailer that does not end is 408",
            wait: { $0.startRelay == nil ? .seconds(60) : .seconds(2) }
        ) { session in
            let isHurried = session.settings.startRelay != nil
            let relay = try isHurried ? session.relay(.isInAHurry) : session
            let channel = try relay.channel()
            try channel.publish(0, "x")
            let post = { (number: Int) in relay.head("POST", channel.path(number), ["Transfer-Encoding: chunked"]) }
            var texts = [relay.head("GET", channel.path("next"), ["Content-Length: 5"]) + "ab"]
            // HTTP/2 has no such lines.
            if !session.settings.speaksHTTP2 { texts += [post(1) + "5", post(2) + "0\r\nA: b\r\n"] }
            let begun = try texts.map { text in
                let connection = try relay.connect()
                try connection.send(text)
                connection.patience = isHurried ? .seconds(3) + session.settings.patience : .seconds(61)
                return connection
            }
            for connection in begun {
                guard try connection.receive(until: .now + connection.patience) == .bytes else {
                    try expect(connection.hasEnded, "nothing happens for \(connection.patience)")
                    continue
                }
                try connection.receiveHead().expect(status: 408)
            }
        },
        ConformanceCase("HTTP-15", "Expect: 100-continue is answered before the body") { session in
            try session.needsContinue()
            let channel = try session.channel()
            let connection = try session.connect()
            try connection.send(session.head("POST", channel.path(0), ["Content-Length: 2", "Expect: 100-continue"]))
            let head = try connection.receiveAnyHead(to: "POST")
            try expect(head.status == 100, "it is answered with \(head.status)")
            try connection.send("hi")
            try connection.receiveResponse(to: "POST").head.expect(status: 200)
            // Where the body means nothing, too.
            for (method, path) in [("POST", "/\(channel.name)"), ("GET", channel.path("next"))] {
                let other = try session.connect()
                try other.send(session.head(method, path, ["Content-Length: 2", "Expect: 100-continue"]))
                let head = try other.receiveAnyHead(to: method)
                if head.status == 100 { try other.send("hi") } else { try head.expect(status: 200) }
            }
            let refused = try session.connect()
            try refused.send(session.head("POST", channel.path(-2), ["Content-Length: 2", "Expect: 100-continue"]))
            let first = try refused.receiveAnyHead(to: "POST")
            if first.status == 100 { try refused.send("hi") }
            try expect(
                try first.status == 400 || refused.receiveHead(to: "POST").status == 400, "a refused POST is not 400")
        },
        ConformanceCase("HTTP-16", "an early answer reaches a client that is still sending") { session in
            let connection = try session.connect()
            let length = 4 << 20
            try connection.send(session.head("POST", "/_changes/0", ["Content-Length: \(length)"]))
            // Nobody reads the answer while the body is on its way: a reset would destroy it.
            let block = [UInt8](repeating: 0x55, count: 1 << 16)
            var sent = 0
            let deadline = ContinuousClock.now + .milliseconds(500)
            while sent < 1 << 20, ContinuousClock.now < deadline {
                let count = connection.sendSome(block)
                sent += count
                if count == 0 { session.wait(.milliseconds(10)) }
            }
            let answer = try connection.receiveResponse(to: "POST")
            try answer.head.expect(status: 403)
            try answer.head.expect("Connection", "close")
            try expect(answer.rest.isWhole, "the answer is cut off")
            try connection.expectEnd()
            // Some systems throw away what has come and has not been read when a reset comes.
            try expect(!connection.wasReset, "the relay resets the connection")
        },
        ConformanceCase("HTTP-17", "answers without a body have none") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            let connection = try session.connect()
            try connection.send(session.head("HEAD", channel.path(0)) + session.head("GET", channel.path("next")))
            try connection.receiveHead(to: "HEAD").expect(status: 200)
            // Where a body followed, it would stand where the next head is read.
            try connection.receiveResponse().head.expect("Lp-Trickle-Latest", "1")
            let patient = try session.connect()
            try patient.send(
                session.head("GET", channel.path(1), ["Lp-Trickle-Wait: 0"])
                    + session.head("GET", channel.path("next")))
            if try patient.receiveHead().status == 204 {
                try patient.receiveResponse().head.expect("Lp-Trickle-Latest", "1")
            }
        },
        ConformanceCase("HTTP-18", "answers carry Date") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            for (method, path) in [
                ("GET", channel.path(0)), ("GET", channel.path("next")), ("GET", channel.path(7)),
                ("HEAD", channel.path(0)), ("OPTIONS", channel.path(0)), ("POST", channel.path(1)),
                ("PUT", channel.path(0)), ("GET", "/_channels"), ("DELETE", "/\(channel.name)"),
            ] {
                let date = try session.answer(method, path, ["Content-Length: 0"])["Date"] ?? ""
                try expect(date.hasSuffix(" GMT") && date.utf8.count == 29, "Date of \(method) \(path) is '\(date)'")
            }
        },
        ConformanceCase(
            "HTTP-21", "spaces and tabs around a field's value are no part of it",
            onlyInHTTP1: "HTTP/2 has no space around values"
        ) { session in
            let channel = try session.channel()
            let body = "2\r\nhi\r\n0\r\n\r\n"
            var number = 0
            for space in [" ", "  ", "\t", " \t ", "\t \t"] {
                for (field, body) in [("Transfer-Encoding:\(space)chunked", body), ("Content-Length:\(space)2", "hi")] {
                    let answer = try session.answer("POST", channel.path(number), [field + space], body: body)
                    try answer.head.expect(status: 200)
                    try channel.expectSegment(number, "hi")
                    number += 1
                }
                let part = try channel.read(number - 1, ["Range:\(space)bytes=1-1\(space)"])
                let features = part.head.fields.list("Lp-Trickle-Features")
                if features.contains("range") { try expect(part.text == "i", "the range is '\(part.text)'") }
                if features.contains("wait") {
                    try channel.read(-1, ["Lp-Trickle-Wait:\(space)0\(space)"]).head.expect(status: 204)
                }
                let closing = try session.send("GET", channel.path("next"), ["Connection:\(space)close\(space)"])
                try closing.receiveResponse().head.expect(status: 200)
                try closing.expectEnd()
            }
        },
        ConformanceCase(
            "HTTP-23", "where HTTP/2 begins", unseen: "a relay need not speak it; make conformance http2=yes needs it"),
        ConformanceCase(
            "HTTP-24", "what HTTP/2 has instead", unseen: "make conformance http2=yes tries the other rules so"),
        ConformanceCase(
            "HTTP-22", "a publisher's connection may be silent as long as its channel",
            wait: { $0.startRelay == nil ? .seconds(65) : .seconds(3) }
        ) { session in
            // Longer than the relay keeps a connection that only reads.
            let isHurried = session.settings.startRelay != nil
            let channel = try (isHurried ? session.relay(.isInAHurry) : session).channel()
            let connections = try (0..<3).map { _ in try channel.session.connect() }
            func publish(_ number: Int, on connection: RawConnection) throws {
                let fields = ["Transfer-Encoding: chunked"]
                // The head of the POST and the first byte of its body come together.
                let head = channel.session.head("POST", channel.path(number), fields)
                try connection.send(head + "2\r\nhi\r\n0\r\n\r\n")
                try connection.receiveResponse(to: "POST").head.expect(status: 200)
            }
            // One has published, one asks for the number, and one is new.
            try publish(0, on: connections[0])
            try connections[1].send(channel.session.head("GET", channel.path("next")))
            try connections[1].receiveResponse().head.expect(status: 200)
            session.wait(isHurried ? .seconds(3) : .seconds(65))
            for (index, connection) in connections.enumerated() { try publish(index + 1, on: connection) }
            for number in 0...3 { try channel.expectSegment(number, "hi") }
        },
        ConformanceCase("HTTP-19", "the case of field names does not matter") { session in
            let channel = session.missingChannel()
            try session.answer("POST", "/\(channel.name)", ["content-length: 0", "EXPECT-CONTENT: audio/x-conf"])
                .head.expect(status: 200)
            let body = "2\r\nhi\r\n0\r\n\r\n"
            try session.answer("POST", channel.path(0), ["tRANSFER-eNCODING: Chunked"], body: body).head.expect(
                status: 200)
            let answer = try channel.read(0)
            try answer.head.expect("Content-Type", "audio/x-conf")
            try expect(answer.text == "hi", "the body is '\(answer.text)'")
            let reader = try channel.get(1, ["LP-TRICKLE-WAIT: 0", "lp-trickle-head: EARLY"])
            let features = answer.head.fields.list("Lp-Trickle-Features")
            if features.contains("head") {
                try reader.receiveHead().expect(status: 200)
            } else if features.contains("wait") {
                try reader.receiveHead().expect(status: 204)
            }
        },
    ]
}
