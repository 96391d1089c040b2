import Testing
import TrickleTesting

@testable import TrickleKit

/// Clients that are let in, and those that are not.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct AccessTests {
    private let channel = try! ChannelName("cam")

    private func configuration(_ change: (inout ClientConfiguration) -> Void = { _ in }) -> ClientConfiguration {
        var configuration = ClientConfiguration.unhurried
        configuration.token = "a.b-c"
        change(&configuration)
        return configuration
    }

    /// The `Authorization` of a reader's request.
    private func authorization(
        user: String = "", _ change: (inout ClientConfiguration) -> Void = { _ in }
    ) async throws -> String? {
        let server = try ScriptedServer()
        let script = ServerScript {
            let connection = try server.acceptNow()
            let head = try connection.readHeadNow()
            try connection.answerNow("401 Unauthorized")
            return head.fields["authorization"]
        }
        let relay = try RelayURL("http://\(user)127.0.0.1:\(server.port)")
        await #expect(throws: TrickleError.self) {
            try await Subscriber(relay: relay, channel: channel, configuration: configuration(change)).readAll()
        }
        return try await script.finish()
    }

    @Test func `one of several credentials is sent`() async throws {
        #expect(try await authorization() == "Bearer a.b-c")
        #expect(try await authorization(user: "me:word@") == "Bearer a.b-c")
        #expect(try await authorization { $0.headers = [("authorization", "Own x")] } == "Own x")
        #expect(try await authorization(user: "me:word@") { $0.token = nil } == "Basic bWU6d29yZA==")
        #expect(try await authorization { $0.token = nil } == nil)
    }

    @Test func `a server of media does not get the relay's token`() async throws {
        let server = try ScriptedServer()
        let script = ServerScript {
            let connection = try server.acceptNow()
            let head = try connection.readHeadNow()
            try connection.answerNow("200 OK", body: "x")
            return head.fields["authorization"]
        }
        try await HTTPStream(
            "http://127.0.0.1:\(server.port)/", shownAs: "it", configuration: configuration()
        ).open()
        #expect(try await script.finish() == nil)
    }

    /// The other server would have the request before the error could be there.
    @Test func `a relay that redirects does not pass the token on`() async throws {
        let (relay, other) = (try ScriptedServer(), try ScriptedServer())
        let script = ServerScript {
            let connection = try relay.acceptNow()
            _ = try connection.readHeadNow()
            try connection.answerNow("307 Temporary Redirect", ["Location": "http://127.0.0.1:\(other.port)/cam/-1"])
        }
        await #expect {
            try await Subscriber(relay: relay.relay, channel: channel, configuration: configuration()).readAll()
        } throws: { error in
            let error = error as? TrickleError
            return error?.code == .refused && error?.status == 307 && error?.message.contains("a.b-c") == false
        }
        try await script.finish()
        #expect(!other.hasConnection)
    }

    private func isDenied(_ error: any Error, _ status: Int) -> Bool {
        let error = error as? TrickleError
        return error?.code == .accessDenied && error?.status == status
    }

    @Test(arguments: [401, 403])
    func `who may not publish asks once`(status: Int) async throws {
        let server = try ScriptedServer()
        let script = ServerScript {
            let connection = try server.acceptNow()
            let head = try connection.readHeadNow()
            try connection.answerNow("\(status) No")
            return (connection, head)
        }
        let publisher = Publisher(relay: server.relay, channel: channel, configuration: configuration())
        await #expect { try await publisher.open() } throws: { isDenied($0, status) }
        // What may not be made is not closed either.
        try await publisher.close()
        let (connection, head) = try await script.finish()
        #expect(head.line == "POST /cam HTTP/1.1" && head.fields["authorization"] == "Bearer a.b-c")
        #expect(!server.hasConnection && !connection.hasInput)
    }

    @Test(arguments: [401, 403])
    func `a publisher is told in the middle of a segment`(status: Int) async throws {
        let server = try ScriptedServer()
        let script = ServerScript {
            let connection = try server.acceptNow()
            _ = try connection.readHeadNow()
            try connection.answerNow("200 OK", ["Lp-Trickle-Latest": "0"])
            let head = try connection.readHeadNow()
            _ = try connection.readChunkNow()
            try connection.answerNow("\(status) No")
            return (connection, head)
        }
        let publisher = Publisher(relay: server.relay, channel: channel, configuration: configuration())
        try await publisher.open()
        var segments = SegmentSequenceWriter(publisher)
        try await segments.begin()
        await #expect {
            while true { try await segments.write([UInt8](repeating: 1, count: 1000)) }
        } throws: { isDenied($0, status) }
        try await publisher.close()
        let (_, head) = try await script.finish()
        #expect(head.fields["authorization"] == "Bearer a.b-c")
        #expect(publisher.statistics.reconnections == 0)
    }

    @Test(arguments: [401, 403])
    func `a reader is told after the segments that it had`(status: Int) async throws {
        let server = try ScriptedServer()
        let script = ServerScript {
            var connection = try server.acceptNow()
            var lines: [String] = []
            for _ in 0..<2 {
                lines.append(try connection.readHeadNow().line)
                if lines.count == 1 {
                    try connection.answerNow("200 OK", ["Lp-Trickle-Seq": "4"], body: "abc")
                    // The next request may have come on a connection of its own.
                    if !connection.waitForInput(orConnectionOf: server) { connection = try server.acceptNow() }
                } else {
                    try connection.answerNow("\(status) No")
                }
            }
            return lines
        }
        var bytes: [UInt8] = []
        await #expect {
            let subscriber = Subscriber(relay: server.relay, channel: channel, configuration: configuration())
            for try await segment in subscriber { bytes += try await segment.body.readAll() }
        } throws: { isDenied($0, status) }
        #expect(bytes == Array("abc".utf8))
        #expect(try await script.finish().last == "GET /cam/5 HTTP/1.1")
    }
}
