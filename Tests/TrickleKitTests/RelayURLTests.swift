import Testing
import TrickleKit

@Suite struct RelayURLTests {

    @Test(arguments: [
        ("http://localhost:2939", "http://localhost:2939/cam/-1"),
        ("localhost:2939", "http://localhost:2939/cam/-1"),
        ("https://relay.example", "https://relay.example/cam/-1"),
        ("https://relay.example/live/", "https://relay.example/live/cam/-1"),
        ("http://[::1]:2939/a/b", "http://[::1]:2939/a/b/cam/-1"),
        ("http://[fe80::1%25eth0]:2939", "http://[fe80::1%25eth0]:2939/cam/-1"),
        ("http://me:secret@relay.example:80", "http://relay.example:80/cam/-1"),
    ])
    func aChannelsURLFollowsTheBase(text: String, url: String) throws {
        #expect(try RelayURL(text).url(channel: ChannelName("cam"), position: .next) == url)
    }

    @Test func aChannelsNameIsPercentEncoded() throws {
        let relay = try RelayURL("localhost:1")
        #expect(try relay.url(channel: ChannelName("café 1?")) == "http://localhost:1/caf%C3%A9%201%3F")
    }

    @Test(arguments: [
        ("ftp://relay.example", "ftp://"), ("http://", "host"), ("http://relay.example:99999", "port"),
        ("http://relay.example/?a=b", "query"), ("http://relay.example/#top", "fragment"), ("http://[::1", "IPv6"),
        ("", "host"), ("http://a b/", "host"),
    ])
    func aTextThatIsNoURLIsRefusedWithTheReason(text: String, reason: String) {
        #expect {
            try RelayURL(text)
        } throws: { error in
            (error as? InvalidRelayURL)?.reason.contains(reason) == true
        }
    }

    @Test(arguments: ["http://me:secret@relay.example:99999", "me:secret@relay.example:99999"])
    func noMessageShowsAPassword(text: String) {
        #expect { try RelayURL(text) } throws: { !"\($0)".contains("secret") }
    }

    @Test func theDescriptionHasNoCredentials() throws {
        #expect(try "\(RelayURL("http://me:secret@relay.example/live"))" == "http://relay.example/live")
    }
}
