extension ConformanceSuite {
    /// Chapter 10: the end of a segment.
    static let endCases = [
        ConformanceCase("END-1", "DELETE ends an open segment as complete") { session in
            let channel = try session.channel()
            _ = try channel.open(0, "begun")
            try channel.delete(0).head.expect(status: 200)
            try channel.expectSegment(0, "begun")
            try channel.expectNext(1)
        },
        ConformanceCase("END-2", "its readers come to their end") { session in
            let channel = try session.channel()
            _ = try channel.open(0, "begun")
            let reader = try channel.get(0)
            try reader.receiveHead().expect(status: 200)
            try reader.expectBody("begun")
            try reader.expectSilence(session.settings.silence)
            try channel.delete(0).head.expect(status: 200)
            let rest = try reader.receiveRest()
            try expect(rest.isWhole && rest.bytes.isEmpty, "the reader is cut off")
            try expect(rest.trailers["Lp-Trickle-Aborted"] == nil, "the segment is aborted")
        },
        ConformanceCase("END-3", "its publisher is answered at once") { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "begun")
            try channel.delete(0).head.expect(status: 200)
            let answer = try writer.connection.receiveResponse(to: "POST")
            try answer.head.expect(status: 200)
            try answer.head.expect("Lp-Trickle-Seq", "0")
            try answer.head.expect("Connection", "close")
            try answer.head.expect(absent: "Lp-Trickle-Closed")
        },
        ConformanceCase("END-4", "DELETE of the next number makes it an empty segment") { session in
            let channel = try session.channel()
            try channel.publish(0, "zero")
            let reader = try channel.waitingGet(1)
            let writer = try channel.preconnect(1)
            try channel.delete(1).head.expect(status: 200)
            let read = try reader.receiveResponse()
            try read.head.expect(status: 200)
            try read.head.expect("Lp-Trickle-Seq", "1")
            try read.head.expect(absent: "Lp-Trickle-Closed")
            try expect(read.body.isEmpty && read.rest.isWhole, "the body is '\(read.text)'")
            let written = try writer.connection.receiveResponse(to: "POST")
            try written.head.expect(status: 200)
            try written.head.expect("Lp-Trickle-Seq", "1")
            try channel.expectNext(2)
            try channel.expectSegment(1, "")
        },
        ConformanceCase("END-5", "DELETE of what has ended is 200") { session in
            let channel = try session.channel()
            try channel.publish(3, "three")
            try channel.publish(50, "fifty")
            for number in [3, 3, 0] { try channel.delete(number).head.expect(status: 200) }
            try channel.expectSegment(3, "three")
            try channel.expectNext(51)
        },
        ConformanceCase("END-6", "DELETE beyond next is 470") { session in
            let channel = try session.channel()
            try channel.delete(7).head.expect(status: 470)
            try channel.publish(0, "zero")
            try channel.delete(2).head.expect(status: 470)
            try channel.expectNext(1)
        },
        ConformanceCase("END-7", "DELETE takes relative positions") { session in
            let channel = try session.channel()
            _ = try channel.open(0, "begun")
            try channel.delete(-2).head.expect(status: 200)
            try channel.expectSegment(0, "begun")
            try channel.delete(-1).head.expect(status: 200)
            try channel.expectSegment(1, "")
            try channel.expectNext(2)
        },
        ConformanceCase("END-8", "DELETE of a number that was left out makes it an empty segment") { session in
            let channel = try session.channel()
            try channel.publish(0, "zero")
            try channel.publish(2, "two")
            let reader = try channel.waitingGet(1)
            try channel.delete(1).head.expect(status: 200)
            let answer = try reader.receiveResponse()
            try answer.head.expect(status: 200)
            try answer.head.expect("Lp-Trickle-Seq", "1")
            try expect(answer.body.isEmpty && answer.rest.isWhole, "the body is '\(answer.text)'")
            try channel.expectSegment(1, "")
            try channel.expectNext(3)
        },
    ]

    /// Chapter 10: the end of a channel.
    static let deleteCases = [
        ConformanceCase("DEL-1", "DELETE /ch closes the channel") { session in
            let channel = try session.channel()
            try channel.delete().head.expect(status: 200)
            try session.answer("GET", channel.path("next")).head.expect(status: 404)
        },
        ConformanceCase("DEL-2", "DELETE of no channel is 404") { session in
            try session.missingChannel().delete().head.expect(status: 404)
            try session.missingChannel().delete(0).head.expect(status: 404)
            let channel = try session.channel()
            try channel.delete().head.expect(status: 200)
            try channel.delete().head.expect(status: 404)
        },
        ConformanceCase("DEL-3", "who waits learns that the channel is closed") { session in
            let channel = try session.channel()
            try channel.publish(0, "zero")
            let readers = [try channel.waitingGet(1), try channel.waitingGet(-1)]
            try channel.delete().head.expect(status: 200)
            for reader in readers {
                let answer = try reader.receiveResponse()
                try answer.head.expectClosed()
                try expect(answer.body.isEmpty && answer.rest.isWhole, "the body is '\(answer.text)'")
            }
        },
        ConformanceCase("DEL-4", "preconnected publishers learn it") { session in
            let channel = try session.channel()
            let writers = [try channel.preconnect(0), try channel.preconnect(1), try channel.preconnect(-1)]
            try channel.delete().head.expect(status: 200)
            for writer in writers {
                let answer = try writer.connection.receiveResponse(to: "POST")
                try answer.head.expectClosed()
                try answer.head.expect("Connection", "close")
                try expect(answer.body.isEmpty, "the body is '\(answer.text)'")
            }
        },
        ConformanceCase("DEL-5", "publishers in mid-segment learn it") { session in
            let channel = try session.channel()
            let writer = try channel.open(0, "begun")
            try channel.delete().head.expect(status: 200)
            let answer = try writer.connection.receiveResponse(to: "POST")
            try answer.head.expectClosed()
            try answer.head.expect("Connection", "close")
        },
        ConformanceCase("DEL-6", "readers of an open segment get its end") { session in
            let channel = try session.channel()
            _ = try channel.open(0, "begun")
            let reader = try channel.get(0)
            try reader.receiveHead().expect(status: 200)
            try channel.delete().head.expect(status: 200)
            let rest = try reader.receiveRest()
            try expect(rest.text == "begun" && rest.isWhole, "the reader gets '\(rest.text)', or is cut off")
        },
        ConformanceCase("DEL-7", "next and relative positions are 404 then") { session in
            let channel = try session.channel()
            try channel.publish(first: 2)
            try channel.delete().head.expect(status: 200)
            for part in ["next", "-1", "-2", "-3"] {
                let status = try session.answer("GET", channel.path(part)).status
                try expect(status == 404, "'\(part)' is answered with \(status)")
            }
        },
        ConformanceCase("DEL-8", "kept segments stay readable while draining") { session in
            let channel = try session.channel()
            try channel.publish(first: 3)
            let start = ContinuousClock.now
            try channel.delete().head.expect(status: 200)
            for number in 0..<3 {
                let answer = try channel.read(number)
                guard ContinuousClock.now - start < session.settings.drainDuration else {
                    throw ConformanceSkip(reason: "reading took longer than the drain time")
                }
                try expect(answer.text == "segment \(number)", "segment \(number) is \(answer.status) '\(answer.text)'")
            }
        },
        ConformanceCase("DEL-9", "the number after the last tells the end while draining") { session in
            let channel = try session.channel()
            try channel.publish(first: 3)
            try channel.delete().head.expect(status: 200)
            let answer = try channel.read(3)
            try answer.head.expectClosed()
            try expect(answer.body.isEmpty && answer.rest.isWhole, "the body is '\(answer.text)'")
        },
        ConformanceCase("DEL-10", "then everything is 404", wait: { $0.drainDuration + .seconds(1) }) { session in
            let channel = try session.channel()
            try channel.publish(first: 2)
            try channel.delete().head.expect(status: 200)
            session.wait(session.settings.drainDuration)
            try session.eventually("segments stay after the drain time") { try channel.read(0).status == 404 }
            try channel.read(2).head.expect(status: 404)
        },
        ConformanceCase("DEL-11", "a POST begins a new channel at once") { session in
            let channel = try session.channel()
            try channel.publish(first: 3)
            let start = ContinuousClock.now
            try channel.delete().head.expect(status: 200)
            try channel.publish(-1, "new").head.expect("Lp-Trickle-Seq", "0")
            try channel.expectSegment(0, "new")
            try channel.expectNext(1)
            let old = try channel.read(2)
            if ContinuousClock.now - start < session.settings.drainDuration {
                try expect(old.text == "segment 2", "the old channel's segment 2 is answered with \(old.status)")
            }
            try channel.read(9).head.expect(status: 470)
            let reader = try channel.waitingGet(1)
            try channel.publish(1, "newer")
            try expect(reader.receiveResponse().text == "newer", "an old segment is read in the new channel")
        },
        ConformanceCase("DEL-13", "a late POST keeps nobody waiting") { session in
            let channel = try session.channel()
            try channel.publish(first: 3)
            try channel.delete().head.expect(status: 200)
            let late = try channel.preconnect(3)
            let expectNothing = {
                try channel.read(3).head.expectClosed()
                try channel.read(-1).head.expect(status: 404)
                try session.answer("GET", channel.path("next")).head.expect(status: 404)
                let list = try session.answer("GET", "/_channels").text
                try expect(!list.contains("\"\(channel.name)\""), "the channel is in the list again")
            }
            try expectNothing()
            let answer = try late.finish()
            try answer.head.expectClosed()
            try expectNothing()
            try channel.preconnect(3).breakOff()
            try expectNothing()
            try channel.publish(3, "again")
            try channel.expectSegment(3, "again")
        },
        ConformanceCase(
            "DEL-12", "an idle channel is closed",
            wait: { ($0.startRelay == nil ? $0.idleTimeout : RelaySetup.idleTimeout) + .seconds(2) }
        ) { session in
            let isOther = session.settings.startRelay != nil
            let session = isOther ? try session.relay(.isSoonIdle) : session
            let channel = try session.channel()
            try channel.publish(0, "zero")
            let reader = try channel.waitingGet(1)
            reader.patience += isOther ? RelaySetup.idleTimeout : session.settings.idleTimeout
            try reader.receiveResponse().head.expectClosed()
            try session.answer("GET", channel.path("next")).head.expect(status: 404)
            try session.answer("GET", "/_changes/next").head.expect(status: 200, 404)
        },
    ]

    /// Chapter 10: the end of a relay.
    static let relayEndCases = [
        ConformanceCase("DRN-1", "a relay that ends answers who waits with 503") { session in
            let ending = try EndingRelay(session)
            let channel = try ending.session.channel()
            try channel.publish(0, "zero")
            let reader = try channel.waitingGet(1)
            let preconnected = try channel.preconnect(1)
            let writer = try ending.session.channel().open(0, "begun")
            ending.begin()
            for (connection, method) in [
                (reader, "GET"), (preconnected.connection, "POST"), (writer.connection, "POST"),
            ] {
                let answer = try connection.receiveResponse(to: method)
                try answer.head.expect(status: 503)
                try answer.head.expect("Retry-After", "1")
                // HTTP/2 says it with a frame of its own.
                if !session.settings.speaksHTTP2 { try answer.head.expect("Connection", "close") }
                try answer.head.expect(absent: "Lp-Trickle-Closed")
            }
        },
        ConformanceCase("DRN-2", "it aborts open segments") { session in
            guard session.settings.startRelay != nil else {
                throw ConformanceSkip(reason: "a relay ends only once, and DRN-1 needs that: --server")
            }
            let ending = try EndingRelay(session)
            let channel = try ending.session.channel()
            _ = try channel.open(0, "begun")
            let reader = try channel.get(0)
            try reader.receiveHead().expect(status: 200)
            try reader.expectBody("begun")
            ending.begin()
            let rest = try reader.receiveRest()
            try expect(rest.isWhole, "the reader is cut off")
            let cause = rest.trailers["Lp-Trickle-Aborted"] ?? "nobody"
            try expect(cause == "relay", "the segment was aborted by \(cause)")
        },
        ConformanceCase("DRN-3", "dead connections are found by TCP keep-alive") { session in
            let channel = try session.channel()
            let reader = try channel.waitingGet(0)
            let probe = try KeepAliveTimer.ofPeer(session.ports(of: reader))
            try expect(probe != nil, "the relay's side of a connection that waits has no keep-alive timer")
            try expect(probe! <= .seconds(60), "the first probe comes after \(probe!)")
        },
    ]
}

/// A relay that may be ended: one of the case's own, or else the one under test.
private struct EndingRelay {
    let session: ConformanceSession
    let begin: () -> Void

    init(_ session: ConformanceSession) throws {
        if session.settings.startRelay != nil {
            self.session = try session.relay(.plain)
            begin = { session.beginEndOfOtherRelays() }
        } else if let endRelay = session.settings.endRelay {
            self.session = session
            begin = endRelay
        } else {
            throw ConformanceSkip(reason: "needs a relay that may be ended: --relay-pid or --server")
        }
    }
}
