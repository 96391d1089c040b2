import NIOCore
import Testing
import TrickleCore

@testable import TrickleRelay

@Suite struct ChannelListingTests {
    private func list(_ store: SharedStore) -> String {
        let list = store.perform(on: nil) { store, _ in store.channelList }
        return String(buffer: store.channelListing.body(of: list))
    }

    @Test func theListIsWrittenOnceForAllWhoAsk() throws {
        let store = SharedStore(limits: .init())
        for name in ["b", "a", #"c"d"#] {
            try store.perform(on: nil) { store, now throws(RelayRefusal) in
                try store.createChannel(ChannelName.test(name), contentType: nil, now: now)
            }
        }
        for _ in 0..<1000 { #expect(list(store) == #"{"channels":["a","b","c\"d"],"next":4}"#) }
        #expect(store.channelListing.writtenCount == 1)
        try store.perform(on: nil) { store, now throws(RelayRefusal) in
            try store.closeChannel(ChannelName.test("a"), now: now)
        }
        for _ in 0..<1000 { #expect(list(store) == #"{"channels":["b","c\"d"],"next":5}"#) }
        #expect(store.channelListing.writtenCount == 2)
    }

    @Test func reportsOfManyChannelsAreInOrder() throws {
        let store = SharedStore(limits: .init())
        for index in 0..<1000 {
            try store.perform(on: nil) { store, now throws(RelayRefusal) in
                try store.createChannel(ChannelName.test("cam\(index)"), contentType: nil, now: now)
            }
        }
        let names = store.channelReports().map(\.name)
        #expect(names.count == 1000)
        #expect(names == names.sorted())
    }
}

extension ChannelName {
    fileprivate static func test(_ text: String) -> ChannelName {
        do { return try ChannelName(text) } catch { preconditionFailure("\(text) is no name") }
    }
}
