import Testing

@testable import TrickleCore

@Suite struct WaitingBytesTests {
    private func scenario(memory: Int) throws -> RelayScenario {
        var limits = RelayLimits()
        limits.memoryByteCount = memory
        limits.hasChangefeed = false
        return RelayScenario("cam", limits: limits)
    }

    @Test func `what waits makes segments go, and no more than a quarter may wait`() throws {
        var relay = try scenario(memory: 40_000)
        for number in 0...2 { try relay.publish(number, String(repeating: "x", count: 10_000)) }
        let hasRoom = relay.store.beginsWaiting(10_000, of: 7, now: .zero)
        #expect(hasRoom && relay.store.cost <= 40_000)
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(0)) }
        #expect(try relay.read(.exact(2))?.number == 2)
        let before = relay.store.cost
        let hasMoreRoom = relay.store.beginsWaiting(1, of: 8, now: .zero)
        #expect(!hasMoreRoom && relay.store.cost == before)
        relay.store.stopsWaiting(10_000, of: 7)
        #expect(relay.store.cost == before - 10_000)
        let hasRoomAgain = relay.store.beginsWaiting(1, of: 8, now: .zero)
        #expect(hasRoomAgain)
    }

    @Test func `one client's bodies leave room for those of others`() throws {
        var relay = try scenario(memory: 40_000)
        var own = 0
        while relay.store.beginsWaiting(1000, of: 7, now: .zero) { own += 1 }
        #expect(own == 5)
        var others = 0
        while relay.store.beginsWaiting(1000, of: 8, now: .zero) { others += 1 }
        #expect(others == 2)
        // A first body needs room only for itself.
        for client in 9...11 {
            let hasRoom = relay.store.beginsWaiting(1000, of: client, now: .zero)
            #expect(hasRoom)
        }
        let isFull = !relay.store.beginsWaiting(1000, of: 12, now: .zero)
        #expect(isFull)
        for _ in 0..<own { relay.store.stopsWaiting(1000, of: 7) }
        let hasRoomAgain = relay.store.beginsWaiting(1000, of: 8, now: .zero)
        #expect(hasRoomAgain)
    }
}
