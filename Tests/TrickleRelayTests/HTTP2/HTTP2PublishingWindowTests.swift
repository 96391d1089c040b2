import Testing

@testable import TrickleRelay

@Suite struct HTTP2PublishingWindowTests {
    @Test func `a body's window gets wide when some of it has come, and stays so`() {
        var window = HTTP2PublishingWindow()
        // What the client may send, without what the library gives back: that begins at half of the first window.
        var room = HTTP2Limits.streamWindow
        var narrowest = Int.max
        for count in 1...4000 {
            room -= 10_000
            let wasWide = room > HTTP2Limits.streamWindow
            room += window.takes(10_000) ?? 0
            #expect(room <= HTTP2Limits.publishingWindow)
            if wasWide { narrowest = min(narrowest, room) }
            if count == 7 { #expect(room > HTTP2Limits.publishingWindow / 8 * 7) }
        }
        #expect(narrowest > HTTP2Limits.publishingWindow / 8 * 6)
    }

    @Test func `a small body's window stays as it is`() {
        var window = HTTP2PublishingWindow()
        #expect(window.takes(HTTP2Limits.publishingStep - 1) == nil)
    }
}
