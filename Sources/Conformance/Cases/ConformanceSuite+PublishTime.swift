extension ConformanceSuite {
    /// Chapter 5: waiting and breaking publishers.
    static let publishTimeCases = [
        ConformanceCase(
            "PUB-19", "a preconnected POST gets four 100 Continue", wait: { $0.continueInterval * 6 }
        ) { session in
            try session.needsContinue()
            let channel = try session.channel()
            let writer = try session.connect()
            writer.patience = max(session.settings.continueInterval * 2, session.settings.patience)
            try writer.send(session.head("POST", channel.path(0), ["Transfer-Encoding: chunked"]))
            for _ in 0..<4 {
                let head = try writer.receiveAnyHead(to: "POST")
                try expect(head.status == 100, "the waiting POST is answered with \(head.status)")
            }
            try writer.expectSilence(session.settings.continueInterval * 2)
            let publication = ConformancePublication(connection: writer)
            try publication.write("hi")
            try publication.finish()
            try channel.expectSegment(0, "hi")
        },
        ConformanceCase(
            "PUB-20", "HTTP/1.0 gets no 100 Continue", onlyInHTTP1: "about HTTP/1.0",
            wait: { $0.continueInterval * 2 }
        ) { session in
            let channel = try session.channel()
            let writer = try session.connect()
            try writer.send(
                session.head("POST", channel.path(0), ["Content-Length: 2", "Expect: 100-continue"], version: "1.0"))
            try writer.expectSilence(session.settings.continueInterval * 2)
            try writer.send("hi")
            let answer = try writer.receiveResponse(to: "POST")
            try answer.head.expect(status: 200)
            try expect(answer.interim.isEmpty, "it gets \(answer.interim.map(\.status))")
        },
        ConformanceCase("PUB-21", "a publisher that breaks off aborts the segment at once") { session in
            let channel = try session.channel()
            for (number, breakOff) in ([{ $0.close() }, { $0.reset() }] as [(RawConnection) -> Void]).enumerated() {
                let writer = try channel.open(number, "half")
                let reader = try channel.get(number)
                try reader.receiveHead().expect(status: 200)
                try reader.expectBody("half")
                breakOff(writer.connection)
                let rest = try reader.receiveRest()
                try expect(
                    rest.isWhole && rest.trailers["Lp-Trickle-Aborted"] == "publisher",
                    "the reader is not told of the abort")
            }
            let measured = try session.connect()
            try measured.send(session.head("POST", channel.path(2), ["Content-Length: 9"]) + "half")
            let reader = try channel.get(2)
            try reader.receiveHead().expect(status: 200)
            try reader.expectBody("half")
            measured.shutDownSending()
            try expect(
                reader.receiveRest().trailers["Lp-Trickle-Aborted"] == "publisher",
                "a body that is shorter than its Content-Length is not aborted")
        },
        ConformanceCase("PUB-22", "a slow reader does not slow the publisher down") { session in
            let channel = try session.channel()
            let reader = try session.connect(receiveBufferSize: 4096)
            try reader.send(session.head("GET", channel.path(0)))
            let writer = try channel.preconnect(0)
            let block = String(repeating: "x", count: 1 << 20)
            for _ in 0..<16 { try writer.write(block) }
            try writer.finish()
            let rest = try reader.receiveResponse().rest
            try expect(rest.bytes.count == 16 << 20 && rest.isWhole, "the slow reader gets \(rest.bytes.count) bytes")
        },
    ]
}
