extension ConformanceSuite {
    /// Chapter 14: resuming a publish.
    static let resumeCases = [
        ConformanceCase("RES-1", "a publisher's id has at most 255 bytes", feature: "resume") { session in
            let channel = try session.channel()
            for id in ["a", "a b~", String(repeating: "x", count: 255)] {
                try channel.publish(-1, "hi", [publisher(id)])
            }
            let long = ["Content-Length: 2", publisher(String(repeating: "x", count: 256))]
            try session.answer("POST", channel.path(3), long, body: "hi").head.expect(status: 400)
        },
        ConformanceCase("RES-2", "the owner keeps others away", feature: "resume") { session in
            let channel = try session.channel()
            let owner = try channel.open(0, "mine", [publisher("one")])
            for fields in [[], [publisher("two")]] {
                let length = ["Content-Length: 2"]
                try session.answer("POST", channel.path(1), length + fields, body: "hi").head.expect(status: 409)
            }
            try channel.publish(1, "mine too", [publisher("one")])
            try owner.finish()
            try channel.publish(2, "free again")
        },
        ConformanceCase("RES-3", "Lp-Trickle-Reset takes the ownership", feature: "resume") { session in
            let channel = try session.channel()
            _ = try channel.open(0, "old", [publisher("one")])
            try channel.publish(1, "new", [publisher("two"), "Lp-Trickle-Reset: 1"])
            try channel.expectSegment(1, "new")
        },
        ConformanceCase("RES-4", "a broken publisher with an id may come back", feature: "resume") { session in
            let channel = try session.channel()
            let reader = try broken(channel)
            try reader.expectSilence(session.settings.silence)
            try channel.head(0).expect("Lp-Trickle-State", "open")
            try session.answer("POST", channel.path(1), ["Content-Length: 2"], body: "hi").head.expect(status: 409)
        },
        ConformanceCase(
            "RES-5", "after the linger time the segment is aborted", feature: "resume",
            wait: { $0.lingerDuration + .seconds(2) }
        ) { session in
            let channel = try session.channel()
            let reader = try broken(channel)
            reader.patience = session.settings.lingerDuration + session.settings.patience
            let rest = try reader.receiveRest()
            try expect(rest.trailers["Lp-Trickle-Aborted"] == "publisher", "the segment is not aborted")
            try channel.publish(1, "anybody")
        },
        ConformanceCase("RES-6", "Lp-Trickle-Offset continues the segment", feature: "resume") { session in
            let channel = try session.channel()
            let reader = try broken(channel)
            try channel.publish(0, " back", [publisher("one"), "Lp-Trickle-Offset: 5"])
            let rest = try reader.receiveRest()
            try expect(rest.text == " back" && rest.isWhole, "the reader gets '\(rest.text)'")
            try channel.expectSegment(0, "begun back")
        },
        ConformanceCase("RES-7", "the overlap is dropped", feature: "resume") { session in
            let channel = try session.channel()
            let reader = try broken(channel)
            try channel.publish(0, "gun back", [publisher("one"), "Lp-Trickle-Offset: 2"])
            try expect(reader.receiveRest().text == " back", "the reader gets bytes twice")
            try channel.expectSegment(0, "begun back")
        },
        ConformanceCase("RES-8", "an offset beyond is 409 with the size", feature: "resume") { session in
            let channel = try session.channel()
            let reader = try broken(channel)
            let fields = ["Content-Length: 2", publisher("one"), "Lp-Trickle-Offset: 7"]
            let answer = try session.answer("POST", channel.path(0), fields, body: "hi")
            try answer.head.expect(status: 409)
            try answer.head.expect("Lp-Trickle-Size", "5")
            try reader.expectSilence(session.settings.silence)
        },
        ConformanceCase("RES-9", "a resume takes over from an open connection", feature: "resume") { session in
            let channel = try session.channel()
            let old = try channel.open(0, "begun", [publisher("one")])
            try channel.publish(0, " anew", [publisher("one"), "Lp-Trickle-Offset: 5"])
            try channel.expectSegment(0, "begun anew")
            try expect(
                try old.connection.receive(until: .now + session.settings.patience) != .nothing,
                "the old connection hangs")
        },
        ConformanceCase("RES-10", "the owner's next number ends a lingering one", feature: "resume") { session in
            let channel = try session.channel()
            let reader = try broken(channel)
            try channel.publish(1, "next", [publisher("one")])
            try expect(
                reader.receiveRest().trailers["Lp-Trickle-Aborted"] == "publisher",
                "the lingering segment is not aborted")
        },
        ConformanceCase("RES-11", "an offset needs an id and a number", feature: "resume") { session in
            let channel = try session.channel()
            for fields in [
                ["Lp-Trickle-Offset: 0"], [publisher("one"), "Lp-Trickle-Offset: -1"],
                [publisher("one"), "Lp-Trickle-Offset: x"],
            ] {
                let answer = try session.answer("POST", channel.path(0), ["Content-Length: 2"] + fields, body: "hi")
                try expect(answer.status == 400, "\(fields) is answered with \(answer.status)")
            }
        },
        ConformanceCase("RES-12", "a complete segment can be confirmed", feature: "resume") { session in
            let channel = try session.channel()
            try channel.publish(0, "whole", [publisher("one")])
            try channel.publish(0, "", [publisher("one"), "Lp-Trickle-Offset: 5"])
            try channel.expectSegment(0, "whole")
            try channel.expectNext(1)
        },
        ConformanceCase("RES-13", "an offset into nothing is 409", feature: "resume") { session in
            let channel = try session.channel()
            let fields = ["Content-Length: 2", publisher("one")]
            let answer = try session.answer("POST", channel.path(0), fields + ["Lp-Trickle-Offset: 5"], body: "hi")
            try answer.head.expect(status: 409)
            try answer.head.expect("Lp-Trickle-Size", "0")
            try session.answer("POST", channel.path(0), fields + ["Lp-Trickle-Offset: 0"], body: "hi").head.expect(
                status: 200)
        },
        ConformanceCase("RES-14", "a second publisher is refused before it begins", feature: "resume") { session in
            let channel = try session.channel()
            let plain = try channel.open(0, "mine")
            try create(channel, by: "two").expect(status: 409)
            try create(channel, by: "two", "Lp-Trickle-Reset: 1").expect(status: 200)
            try plain.finish()
            let owner = try channel.open(1, "mine", [publisher("one")])
            try create(channel, by: "two").expect(status: 409)
            try create(channel, by: "one").expect(status: 200)
            try session.answer("POST", "/\(channel.name)", ["Content-Length: 0"]).head.expect(status: 200)
            try owner.finish()
            try create(channel, by: "two").expect(status: 200)
        },
        ConformanceCase("RES-15", "who does not publish a channel does not close it", feature: "resume") { session in
            let channel = try session.channel()
            let owner = try channel.open(0, "mine", [publisher("one")])
            try session.answer("DELETE", "/\(channel.name)", [publisher("two")]).head.expect(status: 409)
            try owner.finish()
            try channel.expectSegment(0, "mine")
            let plain = try channel.open(1, "mine")
            try session.answer("DELETE", "/\(channel.name)", [publisher("one")]).head.expect(status: 409)
            try plain.finish()
            try session.answer("DELETE", "/\(channel.name)", [publisher("one")]).head.expect(status: 200)
        },
        ConformanceCase("RES-16", "a 409 tells for how long another has published", feature: "resume") { session in
            let channel = try session.channel()
            let owner = try channel.open(0, "mine", [publisher("one")])
            let refused = try create(channel, by: "two")
            try refused.expect(status: 409)
            try expect(
                refused["Lp-Trickle-Owner"].flatMap { Int($0) } != nil, "the 409 does not say Lp-Trickle-Owner")
            owner.breakOff()
            try session.eventually("who has gone is told as one who is there") {
                try create(channel, by: "two")["Lp-Trickle-Owner"] == nil
            }
        },
    ]

    private static func create(
        _ channel: ConformanceChannel, by id: String, _ fields: String...
    ) throws -> RawHead {
        try channel.session.answer(
            "POST", "/\(channel.name)", ["Content-Length: 0", publisher(id)] + fields
        ).head
    }

    private static func publisher(_ id: String) -> String { "Lp-Trickle-Publisher: \(id)" }

    /// A segment with the bytes `begun`, whose publisher `one` has broken off, and a reader who has read them.
    private static func broken(_ channel: ConformanceChannel) throws -> RawConnection {
        let writer = try channel.open(0, "begun", [publisher("one")])
        let reader = try channel.get(0)
        try reader.receiveHead().expect(status: 200)
        try reader.expectBody("begun")
        writer.breakOff()
        return reader
    }

    /// What binds clients, not relays.
    static let clientCases = [
        ("CLI-1", "publishers send to one segment at a time"),
        ("CLI-2", "publishers stop when told that the channel is closed"),
        ("CLI-3", "publishers continue at next"), ("CLI-4", "publishers repeat whole bodies only"),
        ("CLI-5", "subscribers count on from what they were told"), ("CLI-6", "subscribers rejoin after 470"),
        ("CLI-7", "subscribers know a cut from an end"),
        ("CLI-8", "readers of the newest ask for a range"),
    ].map { ConformanceCase($0.0, $0.1, unseen: "binds clients") }
}
