import Testing
import TrickleKit
import TrickleTesting

/// Where a server of media sends its readers, and what they take along.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct RedirectionTests {
    private func stream(_ server: ScriptedServer, user: String = "") -> HTTPStream {
        var configuration = ClientConfiguration.unhurried
        configuration.headers = [("X-Api-Key", "secret"), ("Authorization", "Bearer secret")]
        return HTTPStream("http://\(user)127.0.0.1:\(server.port)/a", shownAs: "a", configuration: configuration)
    }

    @Test func `headers do not go to another port`() async throws {
        let (first, second) = (try ScriptedServer(), try ScriptedServer())
        let stream = stream(first, user: "me:word@")
        async let opened: Void = stream.open()
        let asked = try await first.accept()
        #expect(try await asked.readHead().fields["x-api-key"] == "secret")
        try await asked.answer("302 Found", ["Location": "http://127.0.0.1:\(second.port)/b"])
        let elsewhere = try await second.accept()
        let head = try await elsewhere.readHead()
        #expect(head.line == "GET /b HTTP/1.1")
        #expect(head.fields["x-api-key"] == nil)
        #expect(head.fields["authorization"] == nil)
        // Not even when that one sends them back.
        try await elsewhere.answer("302 Found", ["Location": "http://127.0.0.1:\(first.port)/c"])
        let back = try await first.accept()
        #expect(try await back.readHead().fields["x-api-key"] == nil)
        try await back.answer("200 OK", body: "x")
        try await opened
        #expect(try await stream.next() == Array("x".utf8))
    }

    @Test func `headers go on with a redirection of the same server`() async throws {
        let server = try ScriptedServer()
        let stream = stream(server)
        async let opened: Void = stream.open()
        let asked = try await server.accept()
        _ = try await asked.readHead()
        try await asked.answer("307 Temporary Redirect", ["Location": "../b?c"])
        let again = try await server.accept()
        let head = try await again.readHead()
        #expect(head.line == "GET /b?c HTTP/1.1")
        #expect(head.fields["x-api-key"] == "secret")
        try await again.answer("200 OK", body: "x")
        try await opened
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "http://"])
    func `what is no HTTP is not followed`(location: String) async throws {
        let server = try ScriptedServer()
        let stream = stream(server)
        let opening = Task { try await stream.open() }
        let asked = try await server.accept()
        _ = try await asked.readHead()
        try await asked.answer("302 Found", ["Location": location])
        await #expect(throws: TrickleError.self) { try await opening.value }
    }
}
