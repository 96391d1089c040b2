import Foundation

extension ConformanceSuite {
    /// Chapter 11: which channels there are.
    static let feedCases = [
        ConformanceCase("FEED-1", "each segment is one change, as JSON") { session in
            let feed = try ChangefeedReader(session)
            _ = try session.channel()
            let change = try feed.read()
            try expect(!change.added.isEmpty || !change.removed.isEmpty, "a change has neither added nor removed")
        },
        ConformanceCase("FEED-2", "segment 0 names the feed itself") { session in
            let feed = try ChangefeedReader(session, from: 0)
            let answer = try session.answer("GET", "/_changes/0")
            if answer.status == 470 { throw ConformanceSkip(reason: "the relay has run too long to have segment 0") }
            try expect(feed.read().added.first == "_changes", "the first change is '\(answer.text)'")
        },
        ConformanceCase("FEED-3", "it is read as every channel") { session in
            let feed = try ChangefeedReader(session)
            let position = feed.position
            let waiting = try session.send("GET", "/_changes/-1")
            let channel = try session.channel()
            let answer = try waiting.receiveResponse()
            try answer.head.expect(status: 200)
            try expect(
                (answer["Content-Type"] ?? "").hasPrefix("application/json"),
                "Content-Type is '\(answer["Content-Type"] ?? "")'")
            try expect(Int(answer["Lp-Trickle-Seq"] ?? "").map { $0 >= position } == true, "no Lp-Trickle-Seq")
            try session.answer("GET", "/_changes/\(position)").head.expect("Lp-Trickle-Seq", "\(position)")
            try session.answer("GET", "/_changes/-2").head.expect(status: 200)
            try session.answer("GET", "/_changes/\(position + 100_000)").head.expect(status: 470)
            try feed.expectAdded(channel.name)
        },
        ConformanceCase("FEED-4", "created channels are added") { session in
            let feed = try ChangefeedReader(session)
            let created = try session.channel()
            try feed.expectAdded(created.name)
            let posted = session.missingChannel()
            try posted.publish(0, "hi")
            try feed.expectAdded(posted.name)
        },
        ConformanceCase("FEED-5", "closed channels are removed") { session in
            let channel = try session.channel()
            let feed = try ChangefeedReader(session)
            try channel.delete().head.expect(status: 200)
            try feed.expectRemoved(channel.name)
            try channel.publish(0, "again")
            try feed.expectAdded(channel.name)
        },
        ConformanceCase("FEED-6", "names stand there decoded") { session in
            let feed = try ChangefeedReader(session)
            let encoded = session.newName() + "%22%20%5Ccaf%C3%A9"
            try session.answer("POST", "/\(encoded)", ["Content-Length: 0"]).head.expect(status: 200)
            defer { _ = try? session.answer("DELETE", "/\(encoded)") }
            try feed.expectAdded(encoded.replacing("%22%20%5Ccaf%C3%A9", with: "\" \\caf\u{E9}"))
        },
        ConformanceCase("FEED-7", "many changes are kept; who falls out gets 470") { session in
            let start = try ChangefeedReader(session).position
            // Others change something meanwhile.
            try session.changeChannels(900)
            try session.answer("GET", "/_changes/\(start)").head.expect(status: 200)
            // Some thousand changes are seconds of work, for which only --slow has time.
            guard session.settings.startRelay != nil, session.settings.longestWait > .seconds(60) else { return }
            let other = try session.relay(.plain)
            for _ in 0..<20 {
                try other.changeChannels(1000)
                if try other.answer("GET", "/_changes/0").status == 200 { continue }
                try other.answer("GET", "/_changes/0").head.expect(status: 470)
                return
            }
        },
        ConformanceCase("FEED-8", "without a changefeed it is 404, and the list has no next") { session in
            let session = try session.relay(.hasNoChangefeed)
            let channel = try session.channel()
            for part in ["0", "-1", "next"] {
                let answer = try session.answer("GET", "/_changes/\(part)")
                try answer.head.expect(status: 404)
            }
            let list = try ChannelList(session)
            try expect(list.channels == [channel.name], "the list is \(list.channels)")
            try expect(list.next == nil, "the list has a next")
        },
        ConformanceCase("FEED-9", "an answered change is in the feed") { session in
            let feed = try ChangefeedReader(session)
            for _ in 0..<5 {
                let channel = try session.channel()
                let end = try session.answer("GET", "/_changes/next")
                guard let next = Int(end["Lp-Trickle-Latest"] ?? "") else {
                    throw ConformanceFailure("no Lp-Trickle-Latest")
                }
                try expect(
                    feed.changes(upTo: next).contains { $0.added.contains(channel.name) },
                    "the creation is not there yet")
            }
        },
        ConformanceCase("LIST-1", "the list has the channels and where the feed goes on") { session in
            let channel = try session.channel()
            let list = try ChannelList(session)
            try expect(list.channels.contains(channel.name), "the list does not hold '\(channel.name)'")
            let feed = try session.answer("GET", "/_changes/next")
            try expect(feed.status == 404 || list.next != nil, "the list has no next")
        },
        ConformanceCase("LIST-2", "list, then watch, and miss nothing") { session in
            let before = try session.channel()
            let list = try ChannelList(session)
            let after = try session.channel()
            guard let position = list.next else { throw ConformanceSkip(reason: "the relay has no changefeed") }
            let feed = try ChangefeedReader(session, from: position)
            let changes = try feed.changes(untilAdded: after.name)
            try expect(list.channels.contains(before.name), "the list misses '\(before.name)'")
            try expect(
                !changes.contains { $0.added.contains(before.name) }, "'\(before.name)' is in the list and in the feed")
        },
        ConformanceCase("LIST-3", "the list has neither internal nor closed channels") { session in
            let channel = try session.channel()
            try channel.publish(0, "hi")
            try channel.delete().head.expect(status: 200)
            let list = try ChannelList(session)
            try expect(!list.channels.contains(channel.name), "the list holds a closed channel")
            let own = list.channels.filter { $0.hasPrefix("_") }
            try expect(own.isEmpty, "the list holds \(own)")
        },
        ConformanceCase("LIST-4", "names stand there once and in order") { session in
            let channels = try (0..<5).map { _ in try session.channel() }
            let list = try ChannelList(session).channels
            for channel in channels {
                try expect(list.count { $0 == channel.name } == 1, "'\(channel.name)' is not there once")
            }
            let sorted = list.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            try expect(list == sorted, "the list is not in the order of its bytes")
        },
    ]
}

extension ConformanceSession {
    /// Creates and closes a channel as often as it takes for so many changes.
    fileprivate func changeChannels(_ count: Int) throws {
        let connection = try connect()
        let name = newName()
        let pair = head("POST", "/\(name)", ["Content-Length: 0"]) + head("DELETE", "/\(name)")
        let batch = 20
        for _ in 0..<(count / 2 / batch + 1) {
            try connection.send(String(repeating: pair, count: batch))
            for _ in 0..<2 * batch { try connection.receiveResponse(to: "POST").head.expect(status: 200) }
        }
    }
}

/// What `GET /_channels` told.
private struct ChannelList: Decodable {
    let channels: [String]
    /// Missing where there is no changefeed.
    let next: Int?

    init(_ session: ConformanceSession) throws {
        let answer = try session.answer("GET", "/_channels")
        try answer.head.expect(status: 200)
        try expect(
            (answer["Content-Type"] ?? "").hasPrefix("application/json"),
            "Content-Type is '\(answer["Content-Type"] ?? "")'")
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(answer.body))
        } catch {
            throw ConformanceFailure("the list is '\(answer.text.prefix(300))'")
        }
    }
}

/// Follows the changefeed, in which other cases' channels come and go too.
private final class ChangefeedReader {
    struct Change: Decodable {
        let added: [String]
        let removed: [String]

        enum CodingKeys: CodingKey {
            case added, removed
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            added = try container.decodeIfPresent([String].self, forKey: .added) ?? []
            removed = try container.decodeIfPresent([String].self, forKey: .removed) ?? []
        }
    }

    private let session: ConformanceSession
    private(set) var position: Int

    /// - Parameter position: where to begin; nil for what comes from now on.
    init(_ session: ConformanceSession, from position: Int? = nil) throws {
        self.session = session
        let answer = try session.answer("GET", "/_changes/next")
        if answer.status == 404 { throw ConformanceSkip(reason: "the relay has no changefeed") }
        guard let next = Int(answer["Lp-Trickle-Latest"] ?? "") else {
            throw ConformanceFailure("no Lp-Trickle-Latest")
        }
        self.position = position ?? next
    }

    /// The next change; waits for it.
    func read() throws -> Change {
        let answer = try session.answer("GET", "/_changes/\(position)")
        try answer.head.expect(status: 200)
        position += 1
        do {
            return try JSONDecoder().decode(Change.self, from: Data(answer.body))
        } catch {
            throw ConformanceFailure("the change is '\(answer.text.prefix(300))'")
        }
    }

    func changes(upTo end: Int) throws -> [Change] {
        var changes: [Change] = []
        while position < end { changes.append(try read()) }
        return changes
    }

    func changes(untilAdded name: String) throws -> [Change] {
        var changes: [Change] = []
        while changes.last?.added.contains(name) != true { changes.append(try read()) }
        return changes
    }

    func expectAdded(_ name: String) throws { _ = try changes(untilAdded: name) }

    func expectRemoved(_ name: String) throws {
        while try !read().removed.contains(name) {}
    }
}
