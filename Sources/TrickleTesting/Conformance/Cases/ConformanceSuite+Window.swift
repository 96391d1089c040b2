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
        ConformanceCase(
            "WIN-6", "the window is a setting", unseen: "allows any window: tell the suite with --window and its kin"),
        ConformanceCase(
            "WIN-7", "a relay is bounded", unseen: "the suite does not exhaust a relay that others may use"),
    ]
}
