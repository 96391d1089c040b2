import Testing

@testable import TrickleCore

/// In which channels segments have begun.
@Suite struct BeginningLogTests {
    @Test func `each look sees what has begun since the one before`() throws {
        var log = BeginningLog()
        #expect(log.names(since: 0) == [])
        for name in ["a", "b", "a"] { log.append(try ChannelName(name)) }
        #expect(log.names(since: 0)?.map(\.text) == ["a", "b", "a"])
        #expect(log.names(since: 2)?.map(\.text) == ["a"])
        #expect(log.names(since: log.count) == [])
    }

    @Test func `whoever has missed more than it holds is told so`() throws {
        var log = BeginningLog()
        let names = try (0..<BeginningLog.maximumCount + 2).map { try ChannelName("c\($0)") }
        for name in names { log.append(name) }
        #expect(log.names(since: 1) == nil)
        #expect(log.names(since: 2) == Array(names[2...]))
    }
}
