extension ConformanceSuite {
    /// Chapter 7: segments that are there.
    static let readCases = [
        ConformanceCase("GET-1", "a kept segment is 200 and its bytes") { session in
            let channel = try session.channel()
            var bytes: [UInt8] = []
            for _ in 0..<300 { bytes += 0...255 }
            let writer = try session.connect()
            try writer.send(session.head("POST", channel.path(0), ["Content-Length: \(bytes.count)"]))
            try writer.send(bytes)
            try writer.receiveResponse(to: "POST").head.expect(status: 200)
            for _ in 0..<2 {
                let answer = try channel.read(0)
                try answer.head.expect(status: 200)
                try expect(answer.body == bytes, "the bytes are others than those that were published")
            }
        },
        ConformanceCase("GET-2", "Lp-Trickle-Seq is the segment's number") { session in
            let channel = try session.channel()
            try channel.publish(first: 3)
            for (position, number) in [(1, 1), (-2, 2)] {
                try channel.read(position).head.expect("Lp-Trickle-Seq", "\(number)")
            }
            let reader = try channel.waitingGet(3)
            try channel.publish(3, "three")
            try reader.receiveResponse().head.expect("Lp-Trickle-Seq", "3")
        },
        ConformanceCase("GET-3", "Lp-Trickle-Latest is next at arrival, unless it is the segment") { session in
            let channel = try session.channel()
            let early = try channel.waitingGet(0)
            let ahead = try channel.waitingGet(1)
            try channel.publish(0, "zero")
            try early.receiveHead().expect(absent: "Lp-Trickle-Latest")
            try channel.publish(1, "one")
            try ahead.receiveHead().expect("Lp-Trickle-Latest", "0")
            try channel.read(0).head.expect("Lp-Trickle-Latest", "2")
            try channel.read(-2).head.expect("Lp-Trickle-Latest", "2")
            let waiting = try channel.waitingGet(-1)
            try channel.publish(2, "two")
            try waiting.receiveHead().expect(absent: "Lp-Trickle-Latest")
        },
        ConformanceCase("GET-4", "Content-Type is the channel's") { session in
            let channel = try session.channel(["Expect-Content: audio/x-conf"])
            let reader = try channel.waitingGet(0)
            let writer = try channel.open(0, "hi")
            try reader.receiveHead().expect("Content-Type", "audio/x-conf")
            try writer.finish()
            try channel.read(0).head.expect("Content-Type", "audio/x-conf")
        },
        ConformanceCase("GET-5", "Lp-Trickle-Size is what was there at arrival", feature: "size") { session in
            let channel = try session.channel()
            let waiting = try channel.waitingGet(0)
            let writer = try channel.open(0, "hello")
            try waiting.receiveHead().expect("Lp-Trickle-Size", "0")
            try channel.get(0).receiveHead().expect("Lp-Trickle-Size", "5")
            try writer.write(" world")
            try waiting.expectBody("hello world")
            try channel.get(-2).receiveHead().expect("Lp-Trickle-Size", "11")
            try writer.finish()
            try channel.read(0).head.expect("Lp-Trickle-Size", "11")
        },
        ConformanceCase("GET-6", "a complete segment has Content-Length") { session in
            let channel = try session.channel()
            try channel.publish(0, "hello")
            let answer = try channel.read(0)
            try answer.head.expect("Content-Length", "5")
            try answer.head.expect(absent: "Transfer-Encoding")
        },
        ConformanceCase("GET-7", "an open segment: what is there at once, the rest as it comes") { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "one ")
            let first = try channel.get(0)
            let head = try first.receiveHead()
            try head.expect("Transfer-Encoding", "chunked")
            try head.expect(absent: "Content-Length")
            try first.expectBody("one ")
            try writer.write("two ")
            try first.expectBody("two ")
            let second = try channel.get(0)
            try second.receiveHead().expect(status: 200)
            try second.expectBody("one two ")
            try second.expectSilence(session.settings.silence)
            try writer.write("three")
            for reader in [first, second] { try reader.expectBody("three") }
            try writer.finish()
            for reader in [first, second] {
                let rest = try reader.receiveRest()
                try expect(rest.isWhole && rest.bytes.isEmpty, "after the end comes '\(rest.text)', or nothing")
            }
        },
        ConformanceCase("GET-8", "all bytes in their order, then the end") { session in
            let channel = try session.channel()
            let reader = try channel.waitingGet(0)
            let writer = try channel.preconnect(0)
            var expected = ""
            for number in 0..<2000 {
                let text = "piece \(number);"
                expected += text
                try writer.write(text)
            }
            try writer.finish()
            let live = try reader.receiveResponse()
            try expect(
                live.text == expected && live.rest.isWhole,
                "the reader gets \(live.body.count) of \(expected.utf8.count) bytes")
            try channel.expectSegment(0, expected)
        },
        ConformanceCase("GET-9", "a reader that goes away does not disturb") { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "abc")
            let readers = try (0..<10).map { _ in try channel.get(0) }
            for reader in readers {
                try reader.receiveHead().expect(status: 200)
                try reader.expectBody("abc")
            }
            for (index, reader) in readers.dropFirst().enumerated() {
                if index.isMultiple(of: 2) { reader.reset() } else { reader.close() }
            }
            try writer.write("def")
            try readers[0].expectBody("def")
            try writer.finish()
            try expect(readers[0].receiveRest().isWhole, "the reader that stayed is cut off")
            try channel.expectSegment(0, "abcdef")
        },
        ConformanceCase("GET-10", "all readers get the same bytes") { session in
            let channel = try session.channel()
            var readers = [try channel.waitingGet(0), try channel.waitingGet(-1)]
            let writer = try channel.open(0, "a")
            for number in 0..<20 {
                readers.append(try channel.get(number.isMultiple(of: 2) ? 0 : -2))
                try writer.write("piece \(number);")
            }
            try writer.finish()
            let whole = try channel.read(0)
            for reader in readers {
                let answer = try reader.receiveResponse()
                try expect(answer.body == whole.body && answer.rest.isWhole, "one reader gets '\(answer.text)'")
            }
        },
    ]

    /// Chapter 7: segments that broke off, and readers that fell behind.
    static let abortCases = [
        ConformanceCase("GET-11", "an aborted segment ends with a trailer") { session in
            let channel = try session.channel()
            try abort(channel, 0, "half")
        },
        ConformanceCase("GET-12", "the trailer is announced") { session in
            let channel = try session.channel()
            let waiting = try channel.waitingGet(0)
            let writer = try channel.open(0, "half")
            for reader in [waiting, try channel.get(0)] {
                let names = try reader.receiveHead().fields.list("Trailer")
                try expect(names.contains("lp-trickle-aborted"), "Trailer announces \(names)")
            }
            try writer.finish()
        },
        ConformanceCase("GET-13", "later answers for an aborted segment say so") { session in
            let channel = try session.channel()
            try abort(channel, 0, "half")
            let answer = try channel.read(0)
            try answer.head.expect(status: 200)
            try answer.head.expect("Lp-Trickle-Aborted", "publisher")
            try answer.head.expect("Lp-Trickle-Latest", "1")
            try expect(answer.text == "half" && answer.rest.isWhole, "the body is '\(answer.text)'")
            try channel.read(-2).head.expect("Lp-Trickle-Aborted", "publisher")
        },
        ConformanceCase(
            "GET-14", "HTTP/1.0 readers of an aborted segment are cut",
            onlyInHTTP1: "about HTTP/1.0"
        ) { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "half")
            let reader = try channel.get(0, version: "1.0")
            try reader.receiveHead().expect(status: 200)
            try reader.expectBody("half")
            writer.breakOff()
            try reader.expectEnd()
        },
        ConformanceCase(
            "GET-15", "a reader that the window has moved past is cut off", wait: { $0.windowDuration + .seconds(2) }
        ) { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "x")
            let reader = try session.connect(receiveBufferSize: 4096)
            try reader.send(session.head("GET", channel.path(0)))
            try reader.receiveHead().expect(status: 200)
            let block = String(repeating: "x", count: 1 << 20)
            let size = min(
                session.settings.windowByteCount ?? 32 << 20, session.settings.segmentByteCount ?? 32 << 20, 32 << 20)
            for _ in 1..<(size >> 20) { try writer.write(block) }
            try writer.finish()
            session.wait(session.settings.windowDuration + .milliseconds(500))
            for number in 1...session.settings.windowCount { try channel.publish(number, "small") }
            try channel.read(0).head.expect(status: 470)
            let rest = try reader.receiveRest()
            if rest.isWhole, rest.bytes.count == 1 + (size >> 20 - 1) << 20 {
                throw ConformanceSkip(reason: "the system's buffers held the whole segment")
            }
            try expect(!rest.isWhole, "the reader is told an end after \(rest.bytes.count) bytes")
        },
    ]
}
