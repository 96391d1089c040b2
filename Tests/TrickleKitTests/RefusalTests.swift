import Testing
import TrickleCore

@testable import TrickleKit

/// What an answer that refuses means to people.
@Suite struct RefusalTests {
    private func message(_ status: Int, url: String = "http://host", header: Bool = false) throws -> String {
        var configuration = ClientConfiguration()
        if header { configuration.headers = [("Authorization", "Bearer abc")] }
        let route = ChannelRoute(
            relay: try RelayURL(url), channel: try ChannelName("cam"), configuration: configuration)
        return route.refusal(of: "read 'cam'", head: AnswerHead(status: status), body: []).message
    }

    @Test func `missing credentials and wrong ones are not the same`() throws {
        #expect(
            try message(401)
                == "cannot read 'cam' at http://host: the relay wants credentials (401); put them in the URL, a header or .netrc"
        )
        let wrong =
            "cannot read 'cam' at http://host: the relay does not take these credentials (401); check user and password, or the token"
        #expect(try message(401, url: "http://me:secret@host") == wrong)
        #expect(try message(401, header: true) == wrong)
        #expect(
            try message(403, header: true).hasSuffix("these credentials are not enough for it (403); others may be"))
        #expect(try message(403).hasSuffix("names that begin with '_' are its own"))
    }

    @Test func `a limit of nginx's is told as that`() throws {
        #expect(try message(413).hasSuffix("an nginx in front of the relay needs 'client_max_body_size 0'"))
    }
}
