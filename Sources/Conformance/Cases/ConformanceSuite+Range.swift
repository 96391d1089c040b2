extension ConformanceSuite {
    private static let endless = 9_007_199_254_740_991

    /// Chapter 12: ranges.
    static let rangeCases = [
        ConformanceCase("RNG-1", "ranges of a complete segment", feature: "range") { session in
            let channel = try session.channel()
            try channel.publish(0, "0123456789")
            for (range, content, text) in [
                ("0-3", "0-3", "0123"), ("4-", "4-9", "456789"), ("-3", "7-9", "789"), ("9-9", "9-9", "9"),
                ("5-100", "5-9", "56789"),
                ("-100", "0-9", "0123456789"), ("2-\(endless)", "2-9", "23456789"),
            ] {
                let answer = try channel.read(0, ["Range: bytes=\(range)"])
                try expect(answer.status == 206, "bytes=\(range) is answered with \(answer.status)")
                try answer.head.expect("Content-Range", "bytes \(content)/10")
                try answer.head.expect("Content-Length", "\(text.utf8.count)")
                try expect(answer.text == text, "bytes=\(range) is '\(answer.text)'")
            }
        },
        ConformanceCase("RNG-2", "a range beyond the end is 416", feature: "range") { session in
            let channel = try session.channel()
            try channel.publish(0, "0123456789")
            for range in ["10-", "11-20", "1000-\(endless)", "10-\(endless)"] {
                let answer = try channel.read(0, ["Range: bytes=\(range)"])
                try expect(answer.status == 416, "bytes=\(range) is answered with \(answer.status)")
                try answer.head.expect("Content-Range", "bytes */10")
            }
        },
        ConformanceCase("RNG-3", "a range without end streams an open segment", feature: "range") { session in
            let channel = try session.channel()
            for (number, text) in [(0, "0123456789"), (4, "456789")] {
                let writer = try channel.open(number, "0123456789")
                let reader = try channel.get(number, ["Range: bytes=\(number)-\(endless)"])
                let head = try reader.receiveHead()
                try head.expect(status: 206)
                try head.expect("Content-Range", "bytes \(number)-\(endless)/*")
                try head.expect("Transfer-Encoding", "chunked")
                try reader.expectBody(text)
                try reader.expectSilence(session.settings.silence)
                try writer.write("more")
                try reader.expectBody("more")
                try writer.finish()
                let rest = try reader.receiveRest()
                try expect(rest.isWhole && rest.bytes.isEmpty, "the range ends with '\(rest.text)', or is cut off")
            }
        },
        ConformanceCase("RNG-4", "an open range is what is there", feature: "range") { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "0123456789")
            let answer = try channel.read(0, ["Range: bytes=4-"])
            try answer.head.expect(status: 206)
            try answer.head.expect("Content-Range", "bytes 4-9/*")
            try expect(answer.text == "456789" && answer.rest.isWhole, "the body is '\(answer.text)'")
            try writer.finish()
        },
        ConformanceCase("RNG-16", "the last bytes of an open segment are those that are there", feature: "range") {
            session in
            let channel = try session.channel()
            let writer = try channel.open(0, "0123456789")
            for (range, content, text) in [("-3", "7-9", "789"), ("-100", "0-9", "0123456789")] {
                let answer = try channel.read(0, ["Range: bytes=\(range)"])
                try answer.head.expect(status: 206)
                try answer.head.expect("Content-Range", "bytes \(content)/*")
                try expect(answer.text == text && answer.rest.isWhole, "bytes=\(range) is '\(answer.text)'")
            }
            let nothing = try channel.read(0, ["Range: bytes=-0"])
            try nothing.head.expect(status: 416)
            try nothing.head.expect("Content-Range", "bytes */10")
            try writer.write("more")
            try writer.finish()
        },
        ConformanceCase("RNG-5", "a range at the edge waits", feature: "range") { session in
            let channel = try session.channel()
            let range = ["Range: bytes=5-\(endless)"]
            let writer = try channel.open(0, "01234")
            let reader = try channel.waitingGet(0, range)
            try writer.write("56")
            let head = try reader.receiveHead()
            try head.expect(status: 206)
            try head.expect("Content-Range", "bytes 5-\(endless)/*")
            try reader.expectBody("56")
            let next = try channel.waitingGet(0, ["Range: bytes=7-"])
            try writer.write("78")
            let part = try next.receiveResponse()
            try part.head.expect(status: 206)
            try part.head.expect("Content-Range", "bytes 7-8/*")
            try expect(part.text == "78", "the body is '\(part.text)'")
            let late = try channel.waitingGet(0, ["Range: bytes=9-\(endless)"])
            try writer.finish()
            let answer = try late.receiveResponse()
            try answer.head.expect(status: 416)
            try answer.head.expect("Content-Range", "bytes */9")
        },
        ConformanceCase("RNG-6", "a range beyond the edge is 416", feature: "range") { session in
            let channel = try session.channel()
            _ = try channel.open(0, "01234")
            for range in ["6-\(endless)", "100-"] {
                let answer = try channel.read(0, ["Range: bytes=\(range)"])
                try expect(answer.status == 416, "bytes=\(range) is answered with \(answer.status)")
                try answer.head.expect("Content-Range", "bytes */5")
            }
        },
        ConformanceCase("RNG-7", "a range of what is waited for is looked at when it comes", feature: "range") {
            session in
            let channel = try session.channel()
            let reader = try channel.waitingGet(0, ["Range: bytes=0-\(endless)"])
            let beyond = try channel.waitingGet(0, ["Range: bytes=50-\(endless)"])
            try channel.publish(0, "hello")
            let answer = try reader.receiveResponse()
            try answer.head.expect(status: 206)
            try expect(answer.text == "hello", "the body is '\(answer.text)'")
            try beyond.receiveResponse().head.expect(status: 416)
        },
        ConformanceCase("RNG-8", "what is no range is ignored", feature: "range") { session in
            let channel = try session.channel()
            try channel.publish(0, "0123456789")
            for range in ["bytes=0-1,4-5", "lines=0-1", "bytes=x-y", "bytes=5-2", "bytes", "bytes=-", "bytes=1-2-3"] {
                let answer = try channel.read(0, ["Range: \(range)"])
                try expect(
                    answer.status == 200 && answer.text == "0123456789", "'\(range)' is answered with \(answer.status)")
            }
        },
        ConformanceCase("RNG-9", "a segment has one ETag", feature: "range") { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "hello")
            let reader = try channel.get(0)
            let tag = try reader.receiveHead()["ETag"] ?? "missing"
            try expect(tag.hasPrefix("\"") && tag.hasSuffix("\""), "ETag is \(tag)")
            try writer.write("more")
            try writer.finish()
            try channel.read(0).head.expect("ETag", tag)
            try channel.read(0, ["Range: bytes=2-3"]).head.expect("ETag", tag)
            try channel.publish(1, "hello")
            try expect(channel.read(1)["ETag"] != tag, "two segments have the same ETag")
        },
        ConformanceCase("RNG-10", "another incarnation has another ETag", feature: "range") { session in
            let channel = try session.channel()
            try abort(channel, 0, "hello")
            let first = try channel.read(0)["ETag"]
            try channel.publish(0, "hello")
            let second = try channel.read(0)["ETag"]
            try expect(first != nil && second != nil && first != second, "a replaced segment has the same ETag")
            try channel.delete().head.expect(status: 200)
            try channel.publish(0, "hello")
            try expect(channel.read(0)["ETag"] != second, "a segment of a new channel has the same ETag")
        },
        ConformanceCase("RNG-11", "If-Range guards a range", feature: "range") { session in
            let channel = try session.channel()
            try channel.publish(0, "0123456789")
            let tag = try channel.read(0)["ETag"] ?? ""
            let same = try channel.read(0, ["Range: bytes=4-", "If-Range: \(tag)"])
            try same.head.expect(status: 206)
            try expect(same.text == "456789", "the body is '\(same.text)'")
            let other = try channel.read(0, ["Range: bytes=4-", "If-Range: \"another\""])
            try other.head.expect(status: 200)
            try expect(other.text == "0123456789", "the body is '\(other.text)'")
        },
        ConformanceCase("RNG-12", "answers tell that ranges are understood", feature: "range") { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "hello")
            try channel.get(0).receiveHead().expect("Accept-Ranges", "bytes")
            try writer.finish()
            try channel.read(0).head.expect("Accept-Ranges", "bytes")
        },
        ConformanceCase("RNG-13", "a part has the fields of the whole", feature: "range") { session in
            let channel = try session.channel(["Expect-Content: audio/x-conf"])
            try channel.publish(0, "0123456789")
            let answer = try channel.read(0, ["Range: bytes=4-5"])
            for (name, value) in [
                ("Lp-Trickle-Seq", "0"), ("Lp-Trickle-Latest", "1"), ("Content-Type", "audio/x-conf"),
                ("Lp-Trickle-Size", "10"),
            ] {
                try answer.head.expect(name, value)
            }
        },
        ConformanceCase("RNG-14", "a wait at the edge can be limited", feature: "range") { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "01234")
            let reader = try channel.get(0, ["Range: bytes=5-\(endless)", "Lp-Trickle-Wait: 1"])
            try reader.expectSilence(.milliseconds(500))
            let answer = try reader.receiveResponse()
            try answer.head.expect(status: 204)
            try answer.head.expect("Lp-Trickle-Seq", "0")
            try answer.head.expect("Lp-Trickle-Timeout", "waiting")
            try writer.write("56")
            let later = try channel.get(0, ["Range: bytes=5-\(endless)", "Lp-Trickle-Wait: 1"])
            try later.receiveHead().expect(status: 206)
            try later.expectBody("56")
            try later.expectSilence(.milliseconds(1500))
            try writer.finish()
            try expect(later.receiveRest().isWhole, "the body is cut off by a wait that is over")
        },
        ConformanceCase("RNG-15", "the end of an aborted segment is not that of a whole one", feature: "range") {
            session in
            let channel = try session.channel()
            try abort(channel, 0, "half")
            for first in [4, 9] {
                let answer = try channel.read(0, ["Range: bytes=\(first)-\(endless)"])
                try answer.head.expect(status: 416)
                try answer.head.expect("Lp-Trickle-Aborted", "publisher")
            }
            let part = try channel.read(0, ["Range: bytes=2-\(endless)"])
            try part.head.expect(status: 206)
            try part.head.expect("Lp-Trickle-Aborted", "publisher")
            try channel.publish(1, "whole")
            let end = try channel.read(1, ["Range: bytes=5-"])
            try expect(end["Lp-Trickle-Aborted"] == nil, "the end of a whole segment is said to be an aborted one's")
        },
    ]
}
