extension ConformanceSuite {
    /// Chapter 6: writing a number again.
    static let rewriteCases = [
        ConformanceCase("REW-1", "a POST of an open segment continues it") { session in
            let channel = try session.channel()
            let first = try channel.open(0, "abc")
            let reader = try channel.get(0)
            try reader.receiveHead().expect(status: 200)
            try reader.expectBody("abc")
            let second = try channel.preconnect(0)
            try second.write("def")
            try reader.expectBody("def")
            try channel.expectNext(1)
            try second.finish()
            try expect(reader.receiveRest().isWhole, "the reader is cut off")
            first.breakOff()
            try channel.expectSegment(0, "abcdef")
        },
        ConformanceCase("REW-2", "the end of the continuing POST ends the segment") { session in
            let channel = try session.channel()
            let first = try channel.open(0, "abc")
            let reader = try channel.get(0)
            try reader.receiveHead().expect(status: 200)
            try channel.publish(0, "def")
            let rest = try reader.receiveRest()
            try expect(rest.text == "abcdef" && rest.isWhole, "the reader gets '\(rest.text)'")
            try expect(rest.trailers["Lp-Trickle-Aborted"] == nil, "the segment is aborted")
            first.breakOff()
        },
        ConformanceCase("REW-3", "a POST of an aborted segment replaces it") { session in
            let channel = try session.channel()
            try abort(channel, 0, "old bytes")
            try channel.publish(0, "new")
            try channel.expectSegment(0, "new")
            try channel.expectNext(1)
        },
        ConformanceCase("REW-4", "the last segment written again with the same bytes is a retry") { session in
            let channel = try session.channel()
            try channel.publish(first: 3)
            let tag = try channel.read(2)["ETag"]
            try channel.publish(2, "segment 2").head.expect("Lp-Trickle-Seq", "2")
            let slow = try channel.preconnect(2)
            for part in ["seg", "ment", " 2"] { try slow.write(part) }
            try slow.finish().head.expect("Lp-Trickle-Seq", "2")
            for number in 0..<3 { try channel.expectSegment(number, "segment \(number)") }
            try channel.expectNext(3)
            try expect(channel.read(2)["ETag"] == tag, "the segment has become another one")
        },
        ConformanceCase("REW-5", "the last segment written again with other bytes is a restart") { session in
            for (text, what) in [
                ("segment X and more", "a byte differs"), ("segment 2 and more", "it is longer"),
                ("segm", "it is shorter"), ("", "it is empty"),
            ] {
                let channel = try session.channel()
                try channel.publish(first: 3)
                try channel.publish(2, text)
                let answer = try channel.read(2)
                try expect(answer.text == text, "where \(what), the segment is '\(answer.text)'")
                try channel.expectNext(3)
                try expect(channel.read(1).status == 470, "where \(what), the segments before are still there")
            }
        },
        ConformanceCase("REW-6", "until it differs readers get what is kept") { session in
            let channel = try session.channel()
            try channel.publish(0, "hello")
            let writer = try channel.preconnect(0)
            try writer.write("hel")
            session.wait(session.settings.silence)
            try channel.expectSegment(0, "hello")
            try writer.write("met")
            try session.eventually("the restart is not seen") {
                let reader = try channel.get(0)
                try reader.receiveHead().expect(status: 200)
                return try String(decoding: reader.receiveBody(5), as: UTF8.self) == "helme"
            }
            try writer.finish()
            try channel.expectSegment(0, "helmet")
        },
        ConformanceCase("REW-7", "an older number is a restart") { session in
            let channel = try session.channel()
            try channel.publish(first: 4)
            try channel.publish(1, "again").head.expect("Lp-Trickle-Seq", "1")
            try channel.expectSegment(1, "again")
            try channel.expectNext(2)
            let far = try session.channel()
            try far.publish(100, "hundred")
            try far.publish(0, "zero").head.expect("Lp-Trickle-Seq", "0")
            try far.expectSegment(0, "zero")
            try far.expectNext(1)
        },
        ConformanceCase("REW-8", "a restart drops the others") { session in
            let channel = try session.channel()
            try channel.publish(first: 4)
            try channel.publish(1, "again")
            try channel.read(0).head.expect(status: 470)
            try channel.read(3).head.expect(status: 470)
            let reader = try channel.waitingGet(2)
            try channel.publish(2, "new")
            try expect(reader.receiveResponse().text == "new", "the reader of the next segment gets an old one")
        },
        ConformanceCase("REW-9", "readers finish a dropped segment") { session in
            let channel = try session.channel()
            let size = 8 << 20
            let block = String(repeating: "x", count: 1 << 20)
            let writer = try channel.open(0, "y")
            for _ in 0..<(size >> 20) { try writer.write(block) }
            try writer.finish()
            try channel.publish(1, "one")
            let reader = try session.connect(receiveBufferSize: 4096)
            try reader.send(session.head("GET", channel.path(0)))
            try reader.receiveHead().expect(status: 200)
            try channel.publish(0, "restart")
            let rest = try reader.receiveRest()
            try expect(
                rest.isWhole && rest.bytes.count == size + 1, "the reader gets \(rest.bytes.count) of \(size + 1) bytes"
            )
            try channel.expectSegment(0, "restart")
        },
        ConformanceCase("REW-10", "waiting readers are handed the restarted segment") { session in
            let channel = try session.channel()
            try channel.publish(first: 4)
            let readers = [try channel.waitingGet(4), try channel.waitingGet(-1)]
            try channel.publish(0, "again")
            for reader in readers {
                let answer = try reader.receiveResponse()
                try answer.head.expect(status: 200)
                try answer.head.expect("Lp-Trickle-Seq", "0")
                try expect(answer.text == "again", "the body is '\(answer.text)'")
            }
        },
        ConformanceCase("REW-11", "an unwritten number in the window is a late arrival") { session in
            let channel = try session.channel()
            for number in [0, 5, 4, 3, 2, 1] { try channel.publish(number, "segment \(number)") }
            try channel.expectNext(6)
            for number in 0..<6 { try channel.expectSegment(number, "segment \(number)") }
        },
        ConformanceCase("REW-12", "Lp-Trickle-Reset ends earlier open segments") { session in
            let channel = try session.channel()
            let old = try channel.open(0, "stale")
            let reader = try channel.get(0)
            try reader.receiveHead().expect(status: 200)
            try channel.publish(1, "fresh", ["Lp-Trickle-Reset: 1"])
            let rest = try reader.receiveRest()
            try expect(rest.text == "stale" && rest.isWhole, "the reader gets '\(rest.text)', or is cut off")
            try expect(rest.trailers["Lp-Trickle-Aborted"] == nil, "the segment is aborted")
            let answer = try old.connection.receiveResponse(to: "POST")
            try answer.head.expect(status: 200)
            try answer.head.expect("Connection", "close")
            try channel.expectSegment(1, "fresh")
        },
        ConformanceCase("REW-13", "Lp-Trickle-Reset leaves what is ahead") { session in
            let channel = try session.channel()
            let ahead = try channel.open(2, "ahead")
            try channel.publish(1, "reset", ["Lp-Trickle-Reset: 1"])
            let reader = try channel.get(2)
            try reader.receiveHead().expect(status: 200)
            try reader.expectBody("ahead")
            try reader.expectSilence(session.settings.silence)
            try ahead.write(" still")
            try reader.expectBody(" still")
            try ahead.finish()
        },
        ConformanceCase("REW-14", "an open segment that a restart drops is aborted") { session in
            let channel = try session.channel()
            try channel.publish(first: 4)
            let writer = try channel.open(4, "half")
            let reader = try channel.get(4)
            try reader.receiveHead().expect(status: 200)
            try reader.expectBody("half")
            try channel.publish(0, "restart")
            let rest = try reader.receiveRest()
            try expect(rest.trailers["Lp-Trickle-Aborted"] == "publisher", "the readers are not told")
            let answer = try writer.connection.receiveResponse(to: "POST")
            try answer.head.expect(status: 409)
            try answer.head.expect("Connection", "close")
            try channel.expectNext(1)
        },
        ConformanceCase("REW-15", "what a POST means is decided at its first byte") { session in
            let channel = try session.channel()
            let early = try channel.preconnect(0)
            try channel.publish(0, "same")
            let tag = try channel.read(0)["ETag"]
            try early.write("same")
            try early.finish().head.expect("Lp-Trickle-Seq", "0")
            try channel.expectNext(1)
            try channel.expectSegment(0, "same")
            try expect(channel.read(0)["ETag"] == tag, "the segment has become another one")
        },
    ]

    /// Leaves an aborted segment behind.
    static func abort(_ channel: ConformanceChannel, _ number: Int, _ text: String) throws {
        let writer = try channel.open(number, text)
        let reader = try channel.get(number)
        try reader.receiveHead().expect(status: 200)
        try reader.expectBody(text)
        writer.breakOff()
        try expect(
            reader.receiveRest().trailers["Lp-Trickle-Aborted"] == "publisher",
            "a broken publisher does not abort the segment")
    }
}
