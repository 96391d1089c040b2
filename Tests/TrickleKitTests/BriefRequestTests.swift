import Testing
import TrickleTesting

@testable import TrickleKit

/// Questions to servers that are no relays.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct BriefRequestTests {
    private func request(_ server: ScriptedServer, _ limit: Duration = TestLimit.wait) throws -> BriefRequest {
        let url = try #require(WebURL("http://me:secret@127.0.0.1:\(server.port)/a/b?c=d"))
        return BriefRequest(url, timeLimit: limit, byteLimit: 10)
    }

    private func failure(_ request: BriefRequest) async -> String? {
        do { _ = try await request.answer() } catch { return "\(error)" }
        return nil
    }

    @Test func theWholeAnswerComes() async throws {
        let server = try ScriptedServer()
        let script = ServerScript {
            let connection = try server.acceptNow()
            let head = try connection.readHeadNow()
            try connection.answerNow("404 Not Found", body: "0123456789")
            return head
        }
        let answer = try await request(server).answer()
        #expect(answer.status == 404 && !answer.isSuccess && answer.body == Array("0123456789".utf8))
        let head = try await script.finish()
        #expect(head.line == "GET /a/b?c=d HTTP/1.1")
        #expect(head.fields["authorization"] == "Basic bWU6c2VjcmV0")
    }

    @Test func aTextIsPosted() async throws {
        let server = try ScriptedServer()
        let url = try #require(WebURL("http://127.0.0.1:\(server.port)/hook"))
        let script = ServerScript {
            let connection = try server.acceptNow()
            let head = try connection.readHeadNow()
            let body = try connection.readNow(count: Int(head.fields["content-length"] ?? "") ?? 0)
            try connection.answerNow("204 No Content")
            return (head, body)
        }
        let text = #"{"a": "é"}"#
        let answer = try await BriefRequest(posting: text, to: url, timeLimit: TestLimit.wait, byteLimit: 0).answer()
        #expect(answer.status == 204 && answer.body.isEmpty)
        let (head, body) = try await script.finish()
        #expect(head.line == "POST /hook HTTP/1.1" && body == Array(text.utf8))
        #expect(head.fields["content-type"] == "application/json" && head.fields["expect"] == nil)
    }

    @Test func aRedirectIsAnAnswerAsOthersAre() async throws {
        let server = try ScriptedServer()
        let script = ServerScript {
            let connection = try server.acceptNow()
            _ = try connection.readHeadNow()
            try connection.answerNow("302 Found", ["Location": "http://127.0.0.1:1/"], body: "x")
        }
        #expect(try await request(server).answer().status == 302)
        try await script.finish()
    }

    @Test func anAnswerThatIsTooLongIsNotKept() async throws {
        let server = try ScriptedServer()
        let script = ServerScript {
            let connection = try server.acceptNow()
            _ = try connection.readHeadNow()
            try connection.answerNow("200 OK", body: "0123456789x")
        }
        #expect(
            try await failure(request(server))
                == "cannot read http://127.0.0.1:\(server.port)/a/b: it is longer than 10 bytes")
        try await script.finish()
    }

    @Test func aServerThatTakesTooLongIsNotWaitedFor() async throws {
        let server = try ScriptedServer()
        let script = ServerScript {
            let connection = try server.acceptNow()
            _ = try connection.readHeadNow()
            // A head alone is no answer.
            try connection.sendNow("HTTP/1.1 200 OK\nContent-Length: 2\n\nx")
            try connection.readToCloseNow()
        }
        let message = try #require(await failure(request(server, .milliseconds(300))))
        #expect(message.hasPrefix("cannot read http://127.0.0.1:\(server.port)/a/b: "), "\(message)")
        try await script.finish()
    }

    @Test func aServerThatIsNotThereIsTold() async throws {
        let url = try #require(WebURL("http://me:secret@127.0.0.1:1/"))
        let message = try #require(await failure(BriefRequest(url, timeLimit: .seconds(5), byteLimit: 1)))
        #expect(message.hasPrefix("cannot read http://127.0.0.1:1/: ") && !message.contains("secret"))
    }

    @Test(arguments: ["", "host", "/a", "ftp://host/", "file:///etc/passwd", "http://", "http://a b/", "javascript:1"])
    func whatIsNoURLOfTheWebIsRefused(_ text: String) { #expect(WebURL(text) == nil) }

    @Test func aURLIsShownWithoutItsSecrets() {
        #expect(WebURL("https://a:b@host:8443/p/q?token=c#d")?.description == "https://host:8443/p/q")
        #expect(WebURL("HTTP://host")?.description == "http://host/")
    }
}
