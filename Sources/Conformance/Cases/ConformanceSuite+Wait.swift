extension ConformanceSuite {
    /// Chapter 7: segments that are not there yet.
    static let waitCases = [
        ConformanceCase("WAIT-1", "a GET of the next number waits") { session in
            let channel = try session.channel()
            for number in 0..<2 {
                let reader = try channel.waitingGet(number)
                try channel.publish(number, "hi")
                let answer = try reader.receiveResponse()
                try answer.head.expect(status: 200)
                try expect(answer.text == "hi", "the body is '\(answer.text)'")
            }
        },
        ConformanceCase("WAIT-2", "in a fresh channel a GET of 1 waits") { session in
            let channel = try session.channel()
            let reader = try channel.waitingGet(1)
            try channel.publish(0, "zero")
            try reader.expectSilence(session.settings.silence)
            try channel.publish(1, "one")
            let answer = try reader.receiveResponse()
            try answer.head.expect("Lp-Trickle-Seq", "1")
            try expect(answer.text == "one", "the body is '\(answer.text)'")
        },
        ConformanceCase("WAIT-3", "higher numbers are 470") { session in
            let channel = try session.channel()
            try channel.read(2).head.expect(status: 470)
            try channel.publish(0, "zero")
            try channel.read(2).head.expect(status: 470)
            try channel.read(1000).head.expect(status: 470)
        },
        ConformanceCase("WAIT-4", "numbers below the floor are 470") { session in
            let channel = try session.channel()
            try channel.publish(100, "hundred")
            for number in [0, 50, 95] { try channel.read(number).head.expect(status: 470) }
        },
        ConformanceCase("WAIT-5", "a late number is waited for if its POST is there") { session in
            let channel = try session.channel()
            try channel.publish(10, "ten")
            try channel.read(7).head.expect(status: 470)
            let writer = try channel.preconnect(7)
            let reader = try channel.waitingGet(7)
            try writer.write("seven")
            try writer.finish()
            let answer = try reader.receiveResponse()
            try answer.head.expect("Lp-Trickle-Seq", "7")
            try expect(answer.text == "seven", "the body is '\(answer.text)'")
            let gap = try session.channel()
            try gap.publish(0, "zero")
            try gap.publish(2, "two")
            let late = try gap.waitingGet(1)
            try gap.publish(1, "one")
            try expect(late.receiveResponse().text == "one", "the segment before the last is not waited for")
        },
        ConformanceCase("WAIT-6", "the head comes with the first byte") { session in
            let channel = try session.channel()
            let reader = try channel.waitingGet(0)
            let writer = try channel.preconnect(0)
            try reader.expectSilence(session.settings.silence)
            try writer.write("x")
            try reader.receiveHead().expect(status: 200)
            try reader.expectBody("x")
        },
        ConformanceCase(
            "WAIT-7", "a GET waits on", wait: { $0.startRelay == nil ? .seconds(45) : .seconds(4) }
        ) { session in
            // Longer than any time that the relay has for a connection.
            let isHurried = session.settings.startRelay != nil
            let channel = try (isHurried ? session.relay(.isInAHurry) : session).channel()
            let reader = try channel.get(-1)
            try reader.expectSilence(isHurried ? .seconds(4) : .seconds(45))
            try channel.publish(0, "hi")
            try expect(reader.receiveResponse().text == "hi", "the body is not 'hi'")
        },
        ConformanceCase("WAIT-8", "any number of GETs wait together") { session in
            let channel = try session.channel()
            var readers = try (0..<20).map { try channel.get($0.isMultiple(of: 2) ? 0 : -1) }
            try readers.last?.expectSilence(session.settings.silence)
            readers.append(try channel.waitingGet(-2))
            let writer = try channel.preconnect(0)
            for text in ["one ", "two ", "three"] {
                try writer.write(text)
                for reader in readers {
                    if text == "one " { try reader.receiveHead().expect(status: 200) }
                    try reader.expectBody(text)
                }
            }
            try writer.finish()
            for reader in readers { try expect(reader.receiveRest().isWhole, "a reader is cut off") }
        },
        ConformanceCase("WAIT-9", "clients that go away while they wait are forgotten") { session in
            let channel = try session.channel()
            for round in 0..<5 {
                let readers = try (0..<20).map { _ in try channel.get(0) }
                for reader in readers { if round.isMultiple(of: 2) { reader.reset() } else { reader.close() } }
            }
            let reader = try channel.waitingGet(0)
            try channel.publish(0, "hi")
            try expect(reader.receiveResponse().text == "hi", "the reader that stayed does not get the segment")
            try channel.expectSegment(0, "hi")
        },
        ConformanceCase("WAIT-10", "who waits for what cannot come any more is told") { session in
            let channel = try session.channel()
            let exact = try channel.waitingGet(0)
            let relative = try channel.waitingGet(-1)
            try channel.publish(100, "hundred")
            for reader in [exact, relative] {
                let answer = try reader.receiveResponse()
                try answer.head.expect(status: 200, 470)
                if answer.status == 200 {
                    try answer.head.expect("Lp-Trickle-Seq", "100")
                    try expect(answer.text == "hundred", "the body is '\(answer.text)'")
                } else {
                    try answer.head.expect("Lp-Trickle-Seq", "0")
                    try answer.head.expect("Lp-Trickle-Latest", "101")
                }
            }
        },
        ConformanceCase("WAIT-11", "an empty segment ends the wait") { session in
            let channel = try session.channel()
            try channel.publish(0, "zero")
            let reader = try channel.waitingGet(-1)
            let writer = try channel.preconnect(1)
            try reader.expectSilence(session.settings.silence)
            try writer.finish().head.expect("Lp-Trickle-Seq", "1")
            let answer = try reader.receiveResponse()
            try answer.head.expect(status: 200)
            try answer.head.expect("Lp-Trickle-Seq", "1")
            try answer.head.expect(absent: "Lp-Trickle-Closed")
            try expect(answer.body.isEmpty && answer.rest.isWhole, "the body is '\(answer.text)'")
        },
        ConformanceCase("WAIT-12", "Lp-Trickle-Wait ends in 204", feature: "wait") { session in
            let channel = try session.channel()
            try channel.publish(0, "zero")
            for (position, seconds) in [(1, "1"), (-1, "1"), (1, "0")] {
                let reader = try channel.get(position, ["Lp-Trickle-Wait: \(seconds)"])
                if seconds == "1" { try reader.expectSilence(.milliseconds(500)) }
                let answer = try reader.receiveResponse()
                try answer.head.expect(status: 204)
                try answer.head.expect("Lp-Trickle-Seq", "1")
                try answer.head.expect("Lp-Trickle-Timeout", "waiting")
                try reader.send(session.head("GET", channel.path(0)))
                try expect(reader.receiveResponse().text == "zero", "the connection is no longer usable")
            }
        },
        ConformanceCase("WAIT-13", "a bad Lp-Trickle-Wait is 400", feature: "wait") { session in
            let channel = try session.channel()
            for value in ["-1", "soon", "1s"] {
                let status = try channel.read(0, ["Lp-Trickle-Wait: \(value)"]).status
                try expect(status == 400, "'\(value)' is answered with \(status)")
            }
        },
        ConformanceCase("WAIT-14", "without Lp-Trickle-Wait there is no 204", wait: { _ in .seconds(3) }) { session in
            let channel = try session.channel()
            let patient = try channel.get(0)
            let brief = try channel.get(0, ["Lp-Trickle-Wait: 1"])
            try brief.receiveResponse().head.expect(status: 204)
            try patient.expectSilence(.seconds(2))
            try channel.publish(0, "hi")
            try expect(patient.receiveResponse().text == "hi", "the body is not 'hi'")
        },
        ConformanceCase("WAIT-15", "Lp-Trickle-Wait does not cut a body", feature: "wait") { session in
            let channel = try session.channel()
            // To see that a POST is there may take longer than the reader waits.
            let writer = try channel.preconnect(0)
            let reader = try channel.get(0, ["Lp-Trickle-Wait: 1"])
            try writer.write("one")
            try reader.receiveHead().expect(status: 200)
            try reader.expectBody("one")
            try reader.expectSilence(.milliseconds(1500))
            try writer.write("two")
            try writer.finish()
            let rest = try reader.receiveRest()
            try expect(rest.text == "two" && rest.isWhole, "the body goes on with '\(rest.text)'")
        },
    ]
}
