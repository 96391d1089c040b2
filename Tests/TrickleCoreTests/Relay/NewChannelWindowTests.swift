import Testing
import TrickleCore

/// A channel may keep its segments for another time than the rest.
struct NewChannelWindowTests {
    @Test func `a channel keeps its young segments for as long as was said before the first`() throws {
        var limits = RelayLimits()
        limits.windowCount = 2
        var store = RelayStore<BytesPiece>(limits: limits, now: .zero)
        for name in [try ChannelName("frames"), try ChannelName("other")] {
            for number in 0..<6 {
                let id = try store.openPublication(
                    in: name, PublishRequest(.next), on: Lane(0), now: .milliseconds(number))
                if name.text == "frames" { store.keepNewChannel(name, for: .seconds(2)) }
                _ = try store.finish(id, now: .milliseconds(number))
            }
        }
        store.sweep(now: .seconds(1))
        #expect(try store.window(of: ChannelName("frames"))?.lowest == 0)
        store.sweep(now: .seconds(3))
        #expect(try store.window(of: ChannelName("frames"))?.lowest == 4)
        #expect(try store.window(of: ChannelName("other"))?.lowest == 0)
    }
}
