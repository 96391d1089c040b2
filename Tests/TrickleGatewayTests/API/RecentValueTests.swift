import NIOConcurrencyHelpers
import Testing

@testable import TrickleGateway

@Suite struct RecentValueTests {
    @Test func aThousandWhoAskShareOneValueOfEachInterval() async {
        let time = NIOLockedValueBox(ContinuousClock.now)
        let madeCount = NIOLockedValueBox(0)
        let recent = RecentValue(atMostEvery: .milliseconds(250), now: { time.withLockedValue { $0 } }) {
            await Task.yield()
            return madeCount.withLockedValue { count in
                count += 1
                return count
            }
        }
        for interval in 1...3 {
            let values = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<1000 { group.addTask { await recent.value() } }
                return await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(values == [interval])
            time.withLockedValue { $0 += .milliseconds(250) }
        }
        #expect(madeCount.withLockedValue { $0 } == 3)
    }
}
