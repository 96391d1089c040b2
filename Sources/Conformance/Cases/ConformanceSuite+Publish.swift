extension ConformanceSuite {
    /// Chapter 5: publishing.
    static let publishCases = [
        ConformanceCase("PUB-1", "POST publishes, chunked or with a length") { session in
            let channel = try session.channel()
            try channel.publish(0, "with a length")
            let body = "4\r\nwith\r\n7\r\n chunks\r\n0\r\n\r\n"
            try session.answer("POST", channel.path(1), ["Transfer-Encoding: chunked"], body: body).head.expect(
                status: 200)
            try channel.expectSegment(0, "with a length")
            try channel.expectSegment(1, "with chunks")
        },
        ConformanceCase("PUB-2", "the answer tells the number") { session in
            let channel = try session.channel()
            let answer = try channel.publish(0, "hi")
            try answer.head.expect("Lp-Trickle-Seq", "0")
            try answer.head.expect("Content-Length", "0")
            let writer = try channel.open(1, "ho")
            try writer.connection.expectSilence(session.settings.silence)
            try writer.finish().head.expect("Lp-Trickle-Seq", "1")
        },
        ConformanceCase("PUB-3", "bytes go on as they come") { session in
            let channel = try session.channel()
            let reader = try channel.waitingGet(0)
            let writer = try channel.preconnect(0)
            for text in ["a", "bc", "def"] {
                try writer.write(text)
                if text == "a" { try reader.receiveHead().expect(status: 200) }
                try reader.expectBody(text)
            }
            // Part of a chunk, too: what the publisher's framing is does not matter.
            try writer.connection.send("6\r\nghi")
            try reader.expectBody("ghi")
            try writer.connection.send("jkl\r\n")
            try writer.finish()
            try expect(reader.receiveRest().text == "jkl", "the end of the body is lost")
            let measured = try session.connect()
            try measured.send(session.head("POST", channel.path(1), ["Content-Length: 4"]) + "ab")
            let second = try channel.get(1)
            try second.receiveHead().expect(status: 200)
            try second.expectBody("ab")
            try measured.send("cd")
            try second.expectBody("cd")
        },
        ConformanceCase("PUB-4", "next advances with the first byte") { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "a")
            try channel.expectNext(1)
            try writer.finish()
            try channel.expectNext(1)
        },
        ConformanceCase("PUB-5", "a head does not advance next") { session in
            let channel = try session.channel()
            let first = try channel.preconnect(0)
            let second = try channel.preconnect(-1)
            try channel.expectNext(0)
            first.breakOff()
            second.breakOff()
        },
        ConformanceCase("PUB-6", "an empty body makes an empty segment") { session in
            let channel = try session.channel()
            let reader = try channel.waitingGet(0)
            try channel.publish(0, "").head.expect("Lp-Trickle-Seq", "0")
            try channel.expectNext(1)
            let answer = try reader.receiveResponse()
            try answer.head.expect(status: 200)
            try answer.head.expect("Lp-Trickle-Seq", "0")
            try answer.head.expect(absent: "Lp-Trickle-Closed")
            try expect(answer.body.isEmpty && answer.rest.isWhole, "the body is '\(answer.text)'")
            let later = try channel.read(0)
            try later.head.expect(status: 200)
            try later.head.expect("Lp-Trickle-Latest", "1")
            try expect(later.body.isEmpty, "the body is '\(later.text)'")
        },
        ConformanceCase("PUB-26", "a POST that breaks before its first byte leaves no channel") { session in
            let channel = session.missingChannel()
            let writer = try channel.preconnect(0)
            try channel.expectNext(0)
            writer.connection.close()
            try session.eventually("the channel stays") {
                try session.answer("GET", channel.path("next")).status == 404
            }
        },
        ConformanceCase("PUB-7", "a POST that breaks before its first byte changes nothing") { session in
            let channel = try session.channel()
            let reader = try channel.waitingGet(0)
            for breakOff in [{ $0.close() }, { $0.reset() }, { $0.shutDownSending() }] as [(RawConnection) -> Void] {
                let writer = try channel.preconnect(0)
                breakOff(writer.connection)
                try reader.expectSilence(session.settings.silence)
            }
            let measured = try session.connect()
            try measured.send(session.head("POST", channel.path(0), ["Content-Length: 5"]))
            session.wait(session.settings.silence)
            measured.close()
            try reader.expectSilence(session.settings.silence)
            try channel.expectNext(0)
            try channel.publish(0, "hi")
            let answer = try reader.receiveResponse()
            try expect(answer.text == "hi" && answer.rest.isWhole, "the reader gets '\(answer.text)'")
        },
        ConformanceCase("PUB-8", "-1 publishes what is next") { session in
            let channel = try session.channel()
            for number in 0..<3 {
                try channel.publish(-1, "segment \(number)").head.expect("Lp-Trickle-Seq", "\(number)")
                try channel.expectSegment(number, "segment \(number)")
            }
        },
        ConformanceCase("PUB-9", "-1 is decided at the first byte") { session in
            let channel = try session.channel()
            let early = try channel.preconnect(-1)
            let late = try channel.preconnect(-1)
            try channel.publish(0, "zero")
            try late.write("one")
            try session.eventually("the first byte of a POST of -1 does not advance next") { try channel.next() == 2 }
            try early.write("two")
            try early.finish().head.expect("Lp-Trickle-Seq", "2")
            try late.finish().head.expect("Lp-Trickle-Seq", "1")
            try channel.expectSegment(1, "one")
            try channel.expectSegment(2, "two")
        },
        ConformanceCase("PUB-10", "other relative positions cannot be published") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            for position in [-2, -3, -100] {
                try session.answer("POST", channel.path(position), ["Content-Length: 2"], body: "ho").head.expect(
                    status: 400)
            }
            try channel.expectNext(1)
        },
        ConformanceCase("PUB-11", "the next segment is preconnected while one is written") { session in
            let channel = try session.channel()
            let used = try session.connect()
            try used.send(session.head("GET", channel.path("next")))
            try used.receiveResponse().head.expect(status: 200)
            let first = try channel.open(0, "zero")
            try used.send(session.head("POST", channel.path(1), ["Transfer-Encoding: chunked"]))
            try channel.expectNext(1)
            try first.finish()
            let second = ConformancePublication(connection: used)
            try second.write("one")
            try second.finish()
            try channel.expectSegment(0, "zero")
            try channel.expectSegment(1, "one")
        },
        ConformanceCase("PUB-12", "POST 1 may have its first byte before POST 0") { session in
            let channel = try session.channel()
            let (zero, one) = (try channel.preconnect(0), try channel.preconnect(1))
            let readers = (try channel.waitingGet(0), try channel.waitingGet(1))
            try one.write("one")
            try readers.1.receiveHead().expect("Lp-Trickle-Seq", "1")
            try readers.1.expectBody("one")
            try readers.0.expectSilence(session.settings.silence)
            try zero.write("zero")
            try readers.0.receiveHead().expect("Lp-Trickle-Seq", "0")
            try readers.0.expectBody("zero")
            try zero.finish()
            try one.finish()
            try channel.expectSegment(0, "zero")
            try channel.expectSegment(1, "one")
        },
        ConformanceCase("PUB-13", "a late number does not move next back") { session in
            let channel = try session.channel()
            try channel.publish(1, "one")
            try channel.expectNext(2)
            try channel.publish(0, "zero")
            try channel.expectNext(2)
        },
        ConformanceCase("PUB-14", "numbers may be left out") { session in
            let channel = try session.channel()
            try channel.publish(0, "a")
            try channel.publish(3, "b")
            try channel.expectNext(4)
            try channel.publish(1000, "c")
            try channel.expectNext(1001)
            try channel.expectSegment(3, "b")
            try channel.expectSegment(1000, "c")
        },
        ConformanceCase("PUB-15", "a POST without a length is empty, in HTTP/1.0 411") { session in
            let channel = try session.channel()
            if !session.settings.speaksHTTP2 {
                try session.answer("POST", channel.path(0), version: "1.0").head.expect(status: 411)
            }
            try channel.expectNext(0)
            let answer = try session.answer("POST", channel.path(0))
            try answer.head.expect(status: 200)
            try answer.head.expect("Lp-Trickle-Seq", "0")
            try channel.expectNext(1)
        },
        ConformanceCase("PUB-16", "a length beyond the limit is 413 at once") { session in
            let channel = try session.channel()
            let answer = try session.answer("POST", channel.path(0), ["Content-Length: 9007199254740991"])
            try answer.head.expect(status: 413)
            try answer.head.expect("Connection", "close")
            try channel.expectNext(0)
        },
        ConformanceCase("PUB-17", "a body that grows beyond the limit is 413 and aborts") { session in
            guard let limit = session.settings.segmentByteCount, limit <= 64 << 20 else {
                throw ConformanceSkip(reason: "needs the relay's limit: --segment-bytes, at most 64 MiB")
            }
            let channel = try session.channel()
            let writer = try channel.open(0, "x")
            let block = String(repeating: "x", count: 1 << 16)
            for _ in 0..<(limit >> 16) { try writer.write(block) }
            let answer = try writer.connection.receiveResponse(to: "POST")
            try answer.head.expect(status: 413)
            try answer.head.expect("Connection", "close")
            try expect(channel.read(0)["Lp-Trickle-Aborted"] != nil, "the segment is not aborted")
        },
        ConformanceCase("PUB-18", "16 segments can be open; beyond the limit it is 429") { session in
            let channel = try session.channel()
            guard let answer = try overfill(channel) else { return }
            try answer.head.expect(status: 429)
            try answer.head.expect("Connection", "close")
        },
        ConformanceCase("PUB-23", "no number follows the last") { session in
            let channel = try session.channel()
            let last = (1 << 53) - 1
            try channel.publish(last, "last")
            try channel.expectNext(last)
            try channel.expectSegment(last, "last")
            try session.answer("POST", channel.path(-1), ["Content-Length: 4"], body: "more").head.expect(status: 409)
            try channel.expectSegment(last, "last")
        },
        ConformanceCase("PUB-24", "an empty chunked body is an empty body") { session in
            let channel = try session.channel()
            let body = "0\r\n\r\n"
            let answer = try session.answer("POST", channel.path(0), ["Transfer-Encoding: chunked"], body: body)
            try answer.head.expect(status: 200)
            try answer.head.expect("Lp-Trickle-Seq", "0")
            try channel.expectSegment(0, "")
        },
        ConformanceCase("PUB-25", "16 POSTs can be preconnected; beyond the limit it is 429") { session in
            try session.needsContinue()
            let channel = try session.channel()
            for count in 0..<100 {
                let connection = try session.connect()
                let fields = ["Transfer-Encoding: chunked", "Expect: 100-continue"]
                try connection.send(session.head("POST", channel.path(-1), fields))
                let head = try connection.receiveAnyHead(to: "POST")
                if head.status == 100 { continue }
                try head.expect(status: 429)
                try expect(count >= 16, "only \(count) POSTs can be preconnected")
                break
            }
            try channel.expectNext(0)
        },
    ]
}
