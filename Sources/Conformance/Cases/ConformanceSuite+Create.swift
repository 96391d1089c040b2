extension ConformanceSuite {
    /// Chapter 4: creating a channel.
    static let createCases = [
        ConformanceCase("CRE-1", "POST /ch creates the channel") { session in
            let channel = session.missingChannel()
            let answer = try session.answer("POST", "/\(channel.name)", ["Content-Length: 0"])
            try answer.head.expect(status: 200)
            try expect(answer.body.isEmpty, "the answer has the body '\(answer.text)'")
            try channel.expectNext(0)
        },
        ConformanceCase("CRE-2", "creating again changes nothing") { session in
            let channel = try session.channel(["Expect-Content: video/mp2t"])
            try channel.publish(0, "hi")
            try session.answer("POST", "/\(channel.name)", ["Content-Length: 0", "Expect-Content: text/x"]).head.expect(
                status: 200)
            try channel.expectNext(1)
            let answer = try channel.read(0)
            try answer.head.expect("Content-Type", "video/mp2t")
            try expect(answer.text == "hi", "the body is '\(answer.text)'")
        },
        ConformanceCase("CRE-3", "Expect-Content names the content type") { session in
            let channel = try session.channel(["Expect-Content: audio/x-conf", "Content-Type: text/x-other"])
            try channel.publish(0, "hi", ["Content-Type: text/x-third"])
            try channel.read(0).head.expect("Content-Type", "audio/x-conf")
            let posted = session.missingChannel()
            try posted.publish(0, "hi", ["Content-Type: text/x-other", "Expect-Content: audio/x-conf"])
            try posted.read(0).head.expect("Content-Type", "audio/x-conf")
        },
        ConformanceCase("CRE-4", "the creating POST's type names it otherwise") { session in
            let channel = session.missingChannel()
            try channel.publish(0, "hi", ["Content-Type: audio/x-conf"])
            try channel.read(0).head.expect("Content-Type", "audio/x-conf")
            let named = try session.channel(["Content-Type: text/x-conf"])
            try named.publish(0, "hi")
            try named.read(0).head.expect("Content-Type", "text/x-conf")
        },
        ConformanceCase("CRE-5", "a content type stays") { session in
            let channel = try session.channel(["Expect-Content: audio/x-conf"])
            try channel.publish(0, "hi", ["Content-Type: text/x-other"])
            try channel.publish(1, "ho", ["Content-Type: text/x-third", "Expect-Content: text/x-fourth"])
            for number in 0..<2 { try channel.read(number).head.expect("Content-Type", "audio/x-conf") }
        },
        ConformanceCase("CRE-6", "the first POST that names a type fixes it") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            try channel.read(0).head.expect("Content-Type", "application/octet-stream")
            try channel.publish(1, "ho", ["Content-Type: text/x-conf"])
            try channel.read(1).head.expect("Content-Type", "text/x-conf")
            try channel.publish(2, "ha", ["Content-Type: text/x-late"])
            try channel.read(2).head.expect("Content-Type", "text/x-conf")
        },
        ConformanceCase("CRE-7", "POST /ch/seq creates the channel") { session in
            let channel = session.missingChannel()
            try channel.publish(0, "hi")
            try channel.expectSegment(0, "hi")
            let counted = session.missingChannel()
            try counted.publish(-1, "hi").head.expect("Lp-Trickle-Seq", "0")
        },
        ConformanceCase("CRE-8", "without auto-create a POST is 404") { session in
            let session = try session.relay(.createsNoChannels)
            let channel = session.missingChannel()
            for path in ["/\(channel.name)", channel.path(0), channel.path(-1)] {
                let answer = try session.answer("POST", path, ["Content-Length: 2"], body: "hi")
                try answer.head.expect(status: 404)
                try expect(answer.text.hasPrefix("Stream not found"), "the answer is '\(answer.text)'")
            }
            try session.answer("GET", channel.path("next")).head.expect(status: 404)
        },
        ConformanceCase("CRE-9", "POST /ch needs neither length nor body") { session in
            let bare = session.missingChannel()
            try session.answer("POST", "/\(bare.name)").head.expect(status: 200)
            try bare.expectNext(0)
            let old = session.missingChannel()
            try session.answer("POST", "/\(old.name)", version: "1.0").head.expect(status: 200)
            let full = session.missingChannel()
            let connection = try session.connect()
            try connection.send(
                session.head("POST", "/\(full.name)", ["Content-Length: 2"]) + "hi"
                    + session.head("GET", full.path("next")))
            try connection.receiveResponse(to: "POST").head.expect(status: 200)
            try connection.receiveResponse().head.expect("Lp-Trickle-Latest", "0")
        },
        ConformanceCase("CRE-10", "a relay that has enough channels is 503") { session in
            let session = try session.relay(.takesFewChannels)
            let first = try session.channel()
            try session.fillWithChannels()
            let refused = session.missingChannel()
            for path in ["/\(refused.name)", refused.path(0)] {
                try session.answer("POST", path, ["Content-Length: 0"]).expectFull()
            }
            // Those that are there are served as ever, and the place of one that ends can be taken.
            try first.publish(0, "hi")
            try first.expectSegment(0, "hi")
            try first.delete().head.expect(status: 200)
            try session.answer("POST", "/\(refused.name)", ["Content-Length: 0"]).head.expect(status: 200)
        },
        ConformanceCase("CRE-11", "the answer tells the next number", feature: "resume") { session in
            let channel = session.missingChannel()
            try session.answer("POST", "/\(channel.name)", ["Content-Length: 0"]).head.expect("Lp-Trickle-Latest", "0")
            try channel.publish(4, "hi")
            try session.answer("POST", "/\(channel.name)", ["Content-Length: 0"]).head.expect("Lp-Trickle-Latest", "5")
        },
    ]
}

extension ConformanceSession {
    /// Creates channels until the relay takes no more.
    fileprivate func fillWithChannels() throws {
        for _ in 0..<RelaySetup.channelCount {
            let answer = try answer("POST", "/\(newName())", ["Content-Length: 0"])
            if answer.status == 200 { continue }
            return try answer.expectFull()
        }
        throw ConformanceFailure("there is room for more than \(RelaySetup.channelCount) channels")
    }
}

extension RawResponse {
    /// The answer of a relay that has no room.
    func expectFull() throws {
        try head.expect(status: 503)
        try expect(Int(self["Retry-After"] ?? "") != nil, "503 comes without Retry-After")
    }
}
