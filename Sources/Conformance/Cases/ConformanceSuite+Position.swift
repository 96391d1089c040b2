extension ConformanceSuite {
    /// Chapter 7: what a position means.
    static let positionCases = [
        ConformanceCase("POS-1", "-1 is the next number") { session in
            let channel = try session.channel()
            try channel.publish(first: 2)
            let reader = try channel.waitingGet(-1)
            let writer = try channel.open(2, "two")
            try reader.receiveHead().expect("Lp-Trickle-Seq", "2")
            try reader.expectBody("two")
            let later = try channel.waitingGet(-1)
            try writer.finish()
            try later.expectSilence(session.settings.silence)
            try channel.publish(3, "three")
            try expect(later.receiveResponse().text == "three", "-1 during segment 2 is not segment 3")
        },
        ConformanceCase("POS-2", "-2 is the segment before next") { session in
            let channel = try session.channel()
            try channel.publish(first: 2)
            let complete = try channel.read(-2)
            try complete.head.expect("Lp-Trickle-Seq", "1")
            try expect(complete.text == "segment 1", "the body is '\(complete.text)'")
            let writer = try channel.open(2, "two")
            let reader = try channel.get(-2)
            try reader.receiveHead().expect("Lp-Trickle-Seq", "2")
            try reader.expectBody("two")
            try writer.finish()
        },
        ConformanceCase("POS-3", "-N is N - 2 before that") { session in
            let channel = try session.channel()
            try channel.publish(first: 4)
            for (position, number) in [(-2, 3), (-3, 2), (-4, 1), (-5, 0)] {
                let answer = try channel.read(position)
                try answer.head.expect("Lp-Trickle-Seq", "\(number)")
                try expect(answer.text == "segment \(number)", "the body is '\(answer.text)'")
            }
        },
        ConformanceCase("POS-4", "older than what is kept is the oldest kept") { session in
            let channel = try session.channel()
            try channel.publish(10, "ten")
            try channel.publish(12, "twelve")
            for (position, number) in [(-100, 10), (-4, 10), (-5, 10), (-3, 12)] {
                try channel.read(position).head.expect("Lp-Trickle-Seq", "\(number)")
            }
        },
        ConformanceCase("POS-5", "in a fresh channel every position is 0") { session in
            for position in [-1, -2, -3, -100] {
                let channel = try session.channel()
                let reader = try channel.waitingGet(position)
                try channel.publish(0, "zero")
                let answer = try reader.receiveResponse()
                try answer.head.expect("Lp-Trickle-Seq", "0")
                try expect(answer.text == "zero", "the body is '\(answer.text)'")
            }
        },
        ConformanceCase("POS-6", "a position is resolved when the GET arrives") { session in
            let channel = try session.channel()
            let reader = try channel.waitingGet(-1)
            let (zero, one) = (try channel.preconnect(0), try channel.preconnect(1))
            try one.write("one")
            try session.eventually("POST 1 does not advance next") { try channel.next() == 2 }
            try zero.write("zero")
            let number = try reader.receiveHead()["Lp-Trickle-Seq"] ?? "missing"
            try expect(number == "0" || number == "1", "Lp-Trickle-Seq is \(number)")
            try reader.expectBody(number == "0" ? "zero" : "one")
        },
    ]

    /// Chapter 7: the number that is next.
    static let nextCases = [
        ConformanceCase("NEXT-1", "next is plain text") { session in
            let channel = try session.channel()
            for number in 0..<3 {
                let answer = try session.answer("GET", channel.path("next"))
                try answer.head.expect(status: 200)
                try expect(
                    (answer["Content-Type"] ?? "").hasPrefix("text/plain"),
                    "Content-Type is '\(answer["Content-Type"] ?? "")'")
                try expect(
                    answer.text.filter { !$0.isNewline } == "\(number)", "next is '\(answer.text)', not '\(number)'")
                try channel.publish(number, "hi")
            }
        },
        ConformanceCase("NEXT-2", "next is in Lp-Trickle-Latest") { session in
            let channel = try session.channel()
            try session.answer("GET", channel.path("next")).head.expect("Lp-Trickle-Latest", "0")
            try channel.publish(first: 3)
            try session.answer("GET", channel.path("next")).head.expect("Lp-Trickle-Latest", "3")
        },
        ConformanceCase("NEXT-3", "next never waits") { session in
            let channel = try session.channel()
            try channel.expectNext(0)
            let writer = try channel.open(0, "open")
            try channel.expectNext(1)
            try writer.finish()
        },
        ConformanceCase("NEXT-4", "next of a channel that is closed is 404 at once") { session in
            let channel = try session.channel()
            try channel.publish(first: 2)
            let connection = try session.connect()
            try connection.send(session.head("DELETE", "/\(channel.name)"))
            try connection.receiveResponse(to: "DELETE").head.expect(status: 200)
            try connection.send(session.head("GET", channel.path("next")))
            let answer = try connection.receiveResponse()
            try answer.head.expect(status: 404)
            try answer.head.expect(absent: "Lp-Trickle-Latest")
        },
    ]
}
