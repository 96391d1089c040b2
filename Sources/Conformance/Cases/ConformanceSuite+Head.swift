extension ConformanceSuite {
    /// Chapter 7: the early head.
    static let earlyHeadCases = [
        ConformanceCase("EARLY-1", "Lp-Trickle-Head: early gets the head at once", feature: "head") { session in
            let channel = try session.channel()
            try channel.publish(0, "zero")
            for position in [1, -1] {
                let reader = try channel.get(position, ["Lp-Trickle-Head: Early"])
                let head = try reader.receiveHead()
                try head.expect(status: 200)
                try head.expect("Lp-Trickle-Seq", position == 1 ? "1" : "2")
                try reader.expectSilence(session.settings.silence)
                try channel.publish(position == 1 ? 1 : 2, "body")
                let rest = try reader.receiveRest()
                try expect(rest.text == "body" && rest.isWhole, "the body is '\(rest.text)'")
            }
            try expect(channel.read(0, ["Lp-Trickle-Head: early"]).text == "zero", "the body is not 'zero'")
        },
        ConformanceCase("EARLY-2", "later fields come as trailer fields", feature: "head") { session in
            let channel = try session.channel()
            let early = ["Lp-Trickle-Head: early"]
            let aborted = try channel.get(0, early)
            try aborted.receiveHead().expect(status: 200)
            try abort(channel, 0, "half")
            let broken = try aborted.receiveRest()
            try expect(
                broken.text == "half" && broken.trailers["Lp-Trickle-Aborted"] == "publisher", "no Lp-Trickle-Aborted")
            try channel.publish(first: 3)
            let handed = try channel.get(3, early)
            try handed.receiveHead().expect("Lp-Trickle-Seq", "3")
            try channel.publish(0, "restart")
            let other = try handed.receiveRest()
            try expect(
                other.text == "restart" && other.trailers["Lp-Trickle-Seq"] == "0",
                "after a restart the body is '\(other.text)', Lp-Trickle-Seq '\(other.trailers["Lp-Trickle-Seq"] ?? "missing")'"
            )
            let closed = try channel.get(-1, early)
            try closed.receiveHead().expect(status: 200)
            try channel.delete().head.expect(status: 200)
            let end = try closed.receiveRest()
            try expect(
                end.isWhole && end.bytes.isEmpty && end.trailers["Lp-Trickle-Closed"] == "terminated",
                "no Lp-Trickle-Closed")
            let timed = try session.channel().get(0, early + ["Lp-Trickle-Wait: 1"])
            try timed.receiveHead().expect(status: 200)
            let late = try timed.receiveRest()
            try expect(late.isWhole && late.trailers["Lp-Trickle-Timeout"] == "waiting", "no Lp-Trickle-Timeout")
        },
        ConformanceCase("EARLY-3", "the head announces them", feature: "head") { session in
            let channel = try session.channel()
            let reader = try channel.get(0, ["Lp-Trickle-Head: early"])
            let names = Set(try reader.receiveHead().fields.list("Trailer"))
            for name in ["lp-trickle-aborted", "lp-trickle-closed", "lp-trickle-seq", "lp-trickle-timeout"] {
                try expect(names.contains(name), "Trailer does not announce \(name)")
            }
        },
        ConformanceCase("EARLY-4", "what cannot be waited for is 470", feature: "head") { session in
            let channel = try session.channel()
            try channel.read(7, ["Lp-Trickle-Head: early"]).head.expect(status: 470)
        },
        ConformanceCase("EARLY-5", "an early head goes before a range", feature: "head") { session in
            let channel = try session.channel()
            let fields = ["Lp-Trickle-Head: early", "Range: bytes=2-3"]
            let reader = try channel.get(0, fields)
            let head = try reader.receiveHead()
            try head.expect(status: 200)
            try head.expect(absent: "Content-Range")
            try channel.publish(0, "whole")
            let rest = try reader.receiveRest()
            try expect(rest.text == "whole" && rest.isWhole, "the body is '\(rest.text)'")
            // Nobody waits here.
            let part = try channel.read(0, fields)
            if part.head.fields.list("Lp-Trickle-Features").contains("range") {
                try part.head.expect(status: 206)
                try expect(part.text == "ol", "the range is '\(part.text)'")
            }
        },
    ]

    /// Chapter 8: asking without reading.
    static let headCases = [
        ConformanceCase("HEAD-1", "HEAD tells what GET would", feature: "size") { session in
            let channel = try session.channel()
            try channel.publish(first: 2)
            for position in [0, -2, -5] {
                let head = try channel.head(position)
                let answer = try channel.read(position)
                try head.expect(status: answer.status)
                for (name, value) in answer.head.fields.lines where name.lowercased() != "date" {
                    try expect(
                        head[name] == value, "\(name) of HEAD is '\(head[name] ?? "missing")', of GET '\(value)'")
                }
            }
            let next = try session.answer("HEAD", channel.path("next")).head
            try next.expect(status: 200)
            try next.expect("Lp-Trickle-Latest", "2")
        },
        ConformanceCase("HEAD-2", "HEAD tells the state", feature: "size") { session in
            let channel = try session.channel()
            try channel.head(0).expect("Lp-Trickle-State", "waiting")
            let writer = try channel.open(0, "hi")
            try channel.head(0).expect("Lp-Trickle-State", "open")
            try channel.head(-2).expect("Lp-Trickle-State", "open")
            try channel.head(-1).expect("Lp-Trickle-State", "waiting")
            try writer.finish()
            try channel.head(0).expect("Lp-Trickle-State", "complete")
            try abort(channel, 1, "half")
            try channel.head(1).expect("Lp-Trickle-State", "aborted")
            try channel.head(1).expect("Lp-Trickle-Aborted", "publisher")
        },
        ConformanceCase("HEAD-3", "HEAD tells the size", feature: "size") { session in
            let channel = try session.channel()
            try channel.head(0).expect("Lp-Trickle-Size", "0")
            let writer = try channel.open(0, "hello")
            try channel.head(0).expect("Lp-Trickle-Size", "5")
            try writer.finish()
            try channel.head(0).expect("Lp-Trickle-Size", "5")
        },
        ConformanceCase("HEAD-4", "HEAD never waits", feature: "size") { session in
            let channel = try session.channel()
            for position in [0, 1, -1, -2] {
                let head = try channel.head(position)
                try head.expect(status: 200)
                try head.expect("Lp-Trickle-State", "waiting")
                try head.expect("Lp-Trickle-Seq", position == 1 ? "1" : "0")
            }
        },
        ConformanceCase("HEAD-5", "HEAD of what is not there is 404 or 470", feature: "size") { session in
            let channel = try session.channel()
            let head = try channel.head(7)
            try head.expect(status: 470)
            try head.expect("Lp-Trickle-Latest", "0")
            try session.missingChannel().head(0).expect(status: 404)
            try session.answer("HEAD", session.missingChannel().path("next")).head.expect(status: 404)
        },
        ConformanceCase("HEAD-6", "HEAD of a closed channel's end tells no state", feature: "size") { session in
            let channel = try session.channel()
            try channel.publish(first: 1)
            try channel.delete().head.expect(status: 200)
            let head = try channel.head(1)
            try head.expectClosed()
            try head.expect("Lp-Trickle-Seq", "1")
            try head.expect(absent: "Lp-Trickle-State")
            try head.expect(absent: "Lp-Trickle-Size")
            // What is kept has its state still.
            try channel.head(0).expect("Lp-Trickle-State", "complete")
        },
    ]
}
