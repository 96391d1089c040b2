import Testing

@testable import TrickleGateway

/// What is remembered of a channel's last minutes.
@Suite struct ChannelHistoryTests {
    @Test func theRateOfASampleIsThatSinceTheOneBefore() {
        var history = ChannelHistory(capacity: 10)
        history.record(byteCount: 1000, viewers: 1, now: .seconds(5))
        history.record(byteCount: 3000, viewers: 2, now: .seconds(7))
        history.record(byteCount: 3000, viewers: 0, now: .seconds(8))
        #expect(history.samples.map(\.bitrate) == [nil, 8000, 0])
        #expect(history.samples.map(\.viewers) == [1, 2, 0])
        #expect(history.bitrate == 5333)
    }

    @Test func theRateOfTheChannelIsThatOfTheLastSamplesAlone() {
        var history = ChannelHistory(capacity: 100)
        var byteCount = 0
        for second in 0..<50 {
            byteCount += second < 30 ? 1_000_000 : 1000
            history.record(byteCount: byteCount, viewers: 0, now: .seconds(second))
        }
        #expect(history.bitrate == 8000)
    }

    @Test func theOldestSamplesGoFirst() {
        var history = ChannelHistory(capacity: 3)
        for second in 0..<10 { history.record(byteCount: 0, viewers: second, now: .seconds(second)) }
        #expect(history.samples.map(\.viewers) == [7, 8, 9])
    }

    @Test func aSampleOfTheSameMomentIsNone() {
        var history = ChannelHistory(capacity: 3)
        for _ in 0..<3 { history.record(byteCount: 100, viewers: 1, now: .seconds(1)) }
        #expect(history.samples.count == 1)
        #expect(history.bitrate == nil)
    }
}
