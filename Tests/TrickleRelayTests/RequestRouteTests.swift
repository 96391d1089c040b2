import Testing
import TrickleCore

@testable import TrickleRelay

@Suite struct RequestRouteTests {
    @Test(arguments: [
        ("/cam/0", "/", RequestRoute.segment(try! ChannelName("cam"), .exact(0))),
        ("/cam/-1", "/", .segment(try! ChannelName("cam"), .next)),
        ("/cam/next", "/", .next(try! ChannelName("cam"))),
        ("/cam", "/", .channel(try! ChannelName("cam"))),
        ("/cam/0?x=1", "/", .segment(try! ChannelName("cam"), .exact(0))),
        ("/a/b/cam/0", "/a/b", .segment(try! ChannelName("cam"), .exact(0))),
        ("/a/b/cam/0", "a/b/", .segment(try! ChannelName("cam"), .exact(0))),
        ("http://host:1/cam/0", "/", .segment(try! ChannelName("cam"), .exact(0))),
        ("/caf%C3%A9%20x/0", "/", .segment(try! ChannelName("café x"), .exact(0))),
        ("HTTPS://Host/cam/0?x#y", "/", .segment(try! ChannelName("cam"), .exact(0))),
        // Not encoded, and a character of its own with the slash before it.
        ("/\u{301}x/0", "/", .segment(try! ChannelName("\u{301}x"), .exact(0))),
        ("/_channels", "/", .channelList),
        ("*", "/", .server),
    ])
    func aTargetIsRead(target: String, basePath: String, route: RequestRoute) throws {
        #expect(try RequestRoute(target: target, basePath: BasePath(basePath)) == route)
    }

    @Test(arguments: [
        ("/", 404), ("/cam/0/x", 404), ("/cam/x", 400), ("/cam/", 400), ("/cam/-0", 400),
        ("/cam/9007199254740992", 400),
        ("/%2e%2e/0", 400), ("/a%2Fb/0", 400), ("/%zz/0", 400), ("/%ff/0", 400), ("/%00/0", 400), ("cam/0", 400),
        ("//0", 404), ("http://host", 404), ("http://host?/cam/0", 404), ("", 400),
    ])
    func aTargetIsRefused(target: String, status: Int) {
        #expect {
            try RequestRoute(target: target, basePath: BasePath("/"))
        } throws: {
            ($0 as? RequestProblem)?.status == status
        }
    }

    @Test func whatIsOutsideTheBasePathIsNotFound() {
        #expect(throws: RequestProblem.self) { try RequestRoute(target: "/cam/0", basePath: BasePath("/live")) }
        #expect(throws: RequestProblem.self) { try RequestRoute(target: "/live", basePath: BasePath("/live")) }
    }
}
