import Foundation
import Testing
import TrickleTesting

@testable import TrickleRelay

/// A relay that goes down inside a program that goes on.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct GoingDownTests {
    @Test func `whoever shuts it down again is told that it is down`() async throws {
        try await withRelayServer { relay in
            async let first: Void = relay.shutDown()
            async let second: Void = relay.shutDown()
            _ = await (first, second)
            await relay.shutDown()
        }
    }

    @Test func `connections that wait to be set up are closed`() async throws {
        let count = TurnQueue.arrivalsPerTurn * 3
        var ends: [Int32] = []
        try await withRelayServer { relay in
            let pairs = try (0..<count).map { _ in
                // Such a socket knows no option of TCP: those that are set up fail, and are closed too.
                var pair: [Int32] = [0, 0]
                try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
                return (relays: pair[0], ours: pair[1])
            }
            ends = pairs.map(\.ours)
            let lane = relay.anyLane()
            // In one task, so that the loop goes down before its next turn.
            let waiting = try await lane.eventLoop.flatSubmit {
                for pair in pairs { relay.connect(pair.relays, from: .unknown) }
                return lane.eventLoop.submit {
                    let before = lane.turns.arrivalCount
                    lane.goDown()
                    return [before, lane.turns.arrivalCount]
                }
            }.get()
            #expect(waiting == [count - TurnQueue.arrivalsPerTurn, 0])
        }
        for end in ends {
            // A descriptor that is open still would have nothing to read, and be no end.
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            var byte: UInt8 = 0
            #expect(read(end, &byte, 1) == 0)
            close(end)
        }
    }
}
