import Testing
import TrickleCore

@testable import TrickleKit

/// What an answer that refuses means to people.
@Suite struct RefusalTests {
    private func error(
        _ status: Int, url: String = "http://host", channel: String = "cam",
        _ change: (inout ClientConfiguration) -> Void = { _ in }
    ) throws -> TrickleError {
        var configuration = ClientConfiguration()
        change(&configuration)
        let route = ChannelRoute(
            relay: try RelayURL(url), channel: try ChannelName(channel), configuration: configuration)
        return route.refusal(of: "read 'cam'", head: AnswerHead(status: status), body: Array("no\n".utf8))
    }

    private func message(_ status: Int) throws -> String { try error(status).message }

    private static let advice = "pass a token with --token or in TRICKLE_TOKEN, or user and password in the URL"

    @Test func `missing credentials and wrong ones are not the same`() throws {
        let missing = try error(401)
        #expect(
            missing.message == "cannot read 'cam' at http://host: the relay wants credentials (401: no); \(Self.advice)"
        )
        let wrong =
            "cannot read 'cam' at http://host: the relay does not take these credentials (401: no); check the token, or user and password"
        let short = "cannot read 'cam' at http://host: these credentials do not suffice for it (403: no); pass others"
        for change in [
            { $0.token = "S3cret" }, { $0.headers = [("authorization", "Bearer S3cret")] }, { $0.useNetrc = true },
        ] as [(inout ClientConfiguration) -> Void] {
            #expect(try error(401, change).message == wrong)
            #expect(try error(403, change).message == short)
        }
        #expect(try error(401, url: "http://me:secret@host").message == wrong)
        #expect(
            try error(403).message == "cannot read 'cam' at http://host: the relay forbids it (403: no); \(Self.advice)"
        )
        for status in [401, 403] {
            let refusal = try error(status)
            #expect(refusal.code == .accessDenied && refusal.status == status)
        }
    }

    @Test func `names of the relay's own are told as that, whoever asks`() throws {
        let own = "names that begin with '_' are the relay's own (403: no)"
        #expect(try error(403, channel: "_cam").message.hasSuffix(own))
        #expect(try error(403, channel: "_cam") { $0.token = "S3cret" }.message.hasSuffix(own))
        // The lists are the relay's, and there to be read.
        for list in [ChannelName.channelList.text, ChannelName.changefeed.text] {
            #expect(try error(403, channel: list).message.hasSuffix(Self.advice))
        }
    }

    @Test func `a limit of nginx's is told as that`() throws {
        #expect(try message(413).hasSuffix("an nginx in front of the relay needs 'client_max_body_size 0'"))
    }
}
