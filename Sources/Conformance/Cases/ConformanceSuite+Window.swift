extension ConformanceSuite {
    /// Chapter 9: what is kept.
    static let windowCases = [
        ConformanceCase("WIN-1", "the last segments are kept", wait: { $0.windowDuration + .seconds(2) }) { session in
            let channel = try session.channel()
            let count = session.settings.windowCount
            try channel.publish(first: count + 1)
            session.wait(session.settings.windowDuration + .seconds(1))
            try channel.publish(count + 1, "segment \(count + 1)")
            for number in 2...(count + 1) { try channel.expectSegment(number, "segment \(number)") }
        },
        ConformanceCase("WIN-2", "young segments are kept") { session in
            let channel = try session.channel()
            let count = session.settings.windowCount * 2 + 2
            let start = ContinuousClock.now
            try channel.publish(first: count)
            for number in 0..<count {
                let answer = try channel.read(number)
                guard ContinuousClock.now - start < session.settings.windowDuration else {
                    throw ConformanceSkip(reason: "publishing took longer than the window")
                }
                try answer.head.expect(status: 200)
                try expect(answer.text == "segment \(number)", "segment \(number) is '\(answer.text)'")
            }
        },
        ConformanceCase("WIN-3", "others are dropped", wait: { $0.windowDuration + .seconds(2) }) { session in
            let channel = try session.channel()
            let count = session.settings.windowCount
            try channel.publish(first: count)
            session.wait(session.settings.windowDuration + .seconds(1))
            try channel.publish(count, "new")
            try channel.read(0).head.expect(status: 470)
            try channel.read(-100).head.expect("Lp-Trickle-Seq", "1")
            try channel.read(count).head.expect(status: 200)
        },
        ConformanceCase("WIN-4", "a channel's bytes are bounded") { session in
            guard let limit = session.settings.windowByteCount, limit <= 128 << 20 else {
                throw ConformanceSkip(reason: "needs the relay's limit: --window-bytes, at most 128 MiB")
            }
            let channel = try session.channel()
            let size = limit / 4 + 1
            for number in 0..<5 {
                let writer = try session.connect()
                try writer.send(session.head("POST", channel.path(number), ["Content-Length: \(size)"]))
                try writer.send([UInt8](repeating: UInt8(ascii: "x"), count: size))
                try writer.receiveResponse(to: "POST").head.expect(status: 200)
            }
            try channel.read(0).head.expect(status: 470)
            let answer = try channel.read(4)
            try expect(answer.body.count == size, "the newest segment has \(answer.body.count) of \(size) bytes")
        },
        ConformanceCase("WIN-5", "an open segment stays", wait: { $0.windowDuration + .seconds(2) }) { session in
            let channel = try session.channel()
            let count = session.settings.windowCount
            let writer = try channel.open(0, "open")
            for number in 1...(count + 1) { try channel.publish(number, "small") }
            session.wait(session.settings.windowDuration + .seconds(1))
            try channel.publish(count + 2, "small")
            let reader = try channel.get(0)
            try reader.receiveHead().expect(status: 200)
            try reader.expectBody("open")
            try writer.write(" still")
            try reader.expectBody(" still")
            try writer.finish()
        },
        ConformanceCase("WIN-6", "the window is a setting") { session in
            let channel = try session.relay(.keepsLittle).channel()
            try channel.publish(first: 4)
            for number in 0..<2 { try channel.read(number).head.expect(status: 470) }
            for number in 2..<4 { try channel.expectSegment(number, "segment \(number)") }
        },
        ConformanceCase("WIN-7", "a relay is bounded") { session in
            try lookAtReaders(session.relay(.takesFewReaders))
            try lookAtMemory(session.relay(.hasLittleMemory))
        },
    ]

    /// A reader beyond what the relay takes is 503, and the place of one that leaves can be taken.
    private static func lookAtReaders(_ session: ConformanceSession) throws {
        let channel = try session.channel()
        let readers = try (0..<RelaySetup.readerCount).map { _ in try channel.waitingGet(0) }
        try channel.read(0).expectFull()
        readers[0].close()
        try channel.publish(0, "hi")
        for reader in readers.dropFirst() {
            try expect(reader.receiveResponse().text == "hi", "a reader that was there gets something else")
        }
        try session.eventually("a reader that has gone still counts") { try channel.read(0).status == 200 }
    }

    /// The oldest segments go, a channel's newest complete one after the others, and then the open one.
    ///
    /// How much a byte costs a relay is its own affair: the open segment grows until the next step has to come.
    private static func lookAtMemory(_ session: ConformanceSession) throws {
        let part = String(repeating: "x", count: RelaySetup.memoryByteCount / 32)
        let first = try session.channel()
        for number in 0..<4 { try first.publish(number, part) }
        let second = try session.channel()
        for number in 0..<2 { try second.publish(number, part) }

        let open = try session.channel()
        let writer = try open.preconnect(0)
        let reader = try open.get(0)
        var sent = 0
        var end: RawBodyRest?
        func write(until what: String, _ isThere: () throws -> Bool) throws {
            repeat {
                try expect(sent < 64, "\(what) by far more than the relay may keep")
                try writer.write(part)
                if sent == 0 { try reader.receiveHead().expect(status: 200) }
                let got = try reader.receiveRest(atMost: part.utf8.count)
                try expect(part.utf8.starts(with: got.bytes), "the open segment has other bytes than were sent")
                sent += 1
                // A relay may make more room at once than a part takes.
                guard got.bytes.count == part.utf8.count else {
                    end = got
                    return try expect(isThere(), "the open segment is given up, and \(what)")
                }
            } while try !isThere()
        }
        try write(until: "the oldest segment is not dropped") { try first.read(0).status == 470 }
        if end == nil { try first.expectSegment(3, part) }
        if end == nil {
            try write(until: "the other channel's oldest segment is not dropped") { try second.read(0).status == 470 }
        }
        for number in 1..<3 { try first.read(number).head.expect(status: 470) }
        // The newest complete segments go, and in the end this one: maybe at once.
        while sent < 64, try open.head(0)["Lp-Trickle-State"] == "open" {
            try? writer.write(part)
            sent += 1
        }
        try expect(sent < 64, "the open segment is not given up by far more than the relay may keep")
        try second.read(1).head.expect(status: 470)
        try writer.connection.send("0\r\n\r\n")
        try writer.connection.receiveResponse(to: "POST").expectFull()
        let rest = try end ?? reader.receiveRest()
        try expect(rest.trailers["Lp-Trickle-Aborted"] == "relay", "the reader does not learn that the relay gave up")
        // What was given up is free.
        try session.channel().publish(0, part)
    }
}
