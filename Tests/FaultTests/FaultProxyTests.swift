import Testing
import TrickleTesting

/// The proxy itself, between plain sockets.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct FaultProxyTests {
    private static let message = Array("what goes in comes out".utf8)

    private func withEnds(
        _ plan: FaultPlan = .faultless, _ body: (FaultProxy, PlainSocket, PlainSocket) async throws -> Void
    ) async throws {
        let server = try PlainListener()
        try await FaultProxy.with(to: server.port, seed: 1) { proxy in
            await proxy.set(plan)
            let client = try PlainSocket(port: proxy.port)
            try await body(proxy, client, try server.accept())
        }
    }

    @Test func `a proxy without faults carries bytes and ends both ways`() async throws {
        try await withEnds { proxy, client, relay in
            try client.send(Self.message)
            #expect(try relay.receive(Self.message.count) == Self.message)
            client.endSending()
            #expect(relay.ending() == .closed)
            try relay.send(Self.message)
            relay.close()
            #expect(try client.receive(Self.message.count) == Self.message)
            #expect(client.ending() == .closed)
            let tally = proxy.tally
            #expect(tally.connections == 1)
            #expect(tally.bytesToRelay == Self.message.count)
            #expect(tally.bytesFromRelay == Self.message.count)
            #expect(tally.breaks == 0)
        }
    }

    @Test(arguments: FlowDirection.allCases, [ConnectionBreak.cut, .reset])
    func `a connection breaks after exactly so many bytes`(direction: FlowDirection, by breaking: ConnectionBreak)
        async throws
    {
        try await withEnds(.breaking(each: 1000...1000, direction, by: breaking)) { proxy, client, relay in
            let (sender, receiver) = direction == .toRelay ? (client, relay) : (relay, client)
            try sender.send([UInt8](repeating: 7, count: 3000))
            #expect(receiver.receiveAll() == [UInt8](repeating: 7, count: 1000))
            #expect(receiver.ending() == (breaking == .cut ? .closed : .reset))
            #expect(sender.ending() != .open)
            let tally = await proxy.wait { $0.breaks == 1 }
            #expect(direction == .toRelay ? tally.bytesToRelay == 1000 : tally.bytesFromRelay == 1000)
        }
    }

    @Test func `each connection gets its own number of bytes`() async throws {
        let server = try PlainListener()
        try await FaultProxy.with(to: server.port) { proxy in
            await proxy.set(.breaking(each: 10...10, .toRelay))
            for _ in 0..<5 {
                let client = try PlainSocket(port: proxy.port)
                try client.send(Self.message)
                let relay = try server.accept()
                #expect(relay.receiveAll() == Array(Self.message.prefix(10)))
            }
            await proxy.wait { $0.cuts == 5 }
        }
    }

    @Test(arguments: [ConnectionBreak.cut, .reset])
    func `both sides notice a broken connection`(breaking: ConnectionBreak) async throws {
        try await withEnds { proxy, client, relay in
            try client.send(Self.message)
            #expect(try relay.receive(Self.message.count) == Self.message)
            #expect(await proxy.breakAll(by: breaking) == 1)
            #expect(client.ending() == (breaking == .cut ? .closed : .reset))
            #expect(relay.ending() == (breaking == .cut ? .closed : .reset))
        }
    }

    @Test func `nobody notices a half-open connection, and new ones work`() async throws {
        let server = try PlainListener()
        try await FaultProxy.with(to: server.port) { proxy in
            let client = try PlainSocket(port: proxy.port)
            let relay = try server.accept()
            try client.send([1])
            #expect(try relay.receive(1) == [1])
            #expect(await proxy.breakAll(by: .silence) == 1)
            try client.send(Self.message)
            let second = try PlainSocket(port: proxy.port)
            let secondRelay = try server.accept()
            try second.send([2])
            #expect(try secondRelay.receive(1) == [2])
            // What the first one sent would have come by now, for it was sent before.
            #expect(relay.ending(within: .milliseconds(50)) == .open)
            client.close()
            #expect(relay.ending(within: .milliseconds(50)) == .open)
            #expect(proxy.tally.bytesToRelay == 2)
        }
    }

    @Test(arguments: FlowDirection.allCases)
    func `a stall holds one direction up, and loses nothing`(direction: FlowDirection) async throws {
        try await withEnds(.stalling(direction)) { proxy, client, relay in
            let (sender, receiver) = direction == .toRelay ? (client, relay) : (relay, client)
            try sender.send(Self.message)
            try receiver.send(Self.message)
            #expect(try sender.receive(Self.message.count) == Self.message)
            #expect(receiver.ending(within: .milliseconds(50)) == .open)
            await proxy.set(.faultless)
            #expect(try receiver.receive(Self.message.count) == Self.message)
        }
    }

    @Test func `a sender is held up by a stall after some hundred kilobytes`() async throws {
        try await withEnds(.stalling(.toRelay)) { _, client, _ in
            #expect(client.sendUntilFull(atMost: 16 << 20) < 8 << 20)
        }
    }

    @Test func `a slow connection carries all bytes, in its time`() async throws {
        var plan = FaultPlan()
        plan.toRelay.bytesPerSecond = 100_000
        try await withEnds(plan) { _, client, relay in
            let bytes = (0..<30_000).map { UInt8(truncatingIfNeeded: $0) }
            let start = ContinuousClock.now
            try client.send(bytes)
            #expect(try relay.receive(bytes.count) == bytes)
            // A twentieth of a second's worth may come at once.
            #expect(ContinuousClock.now - start > .milliseconds(240))
        }
    }

    @Test func `connections are refused for as long as the plan says`() async throws {
        let server = try PlainListener()
        try await FaultProxy.with(to: server.port) { proxy in
            var plan = FaultPlan()
            plan.refuses = true
            await proxy.set(plan)
            #expect(throws: PlainSocketError.self) { try PlainSocket(port: proxy.port) }
            await proxy.set(.faultless)
            let client = try PlainSocket(port: proxy.port)
            try client.send(Self.message)
            #expect(try server.accept().receive(Self.message.count) == Self.message)
        }
    }

    @Test func `a relay that is not there looks like a connection that breaks`() async throws {
        let port = try PlainListener().port
        try await FaultProxy.with(to: port) { proxy in
            let client = try PlainSocket(port: proxy.port)
            #expect(client.ending() != .open)
        }
    }

    @Test func `the last request comes again on another connection`() async throws {
        let server = try PlainListener()
        try await FaultProxy.with(to: server.port) { proxy in
            let client = try PlainSocket(port: proxy.port)
            let relay = try server.accept()
            try client.send(Array("GET first".utf8))
            #expect(try relay.receive(9) == Array("GET first".utf8))
            try relay.send(Array("answer".utf8))
            #expect(try client.receive(6) == Array("answer".utf8))
            try client.send(Array("POST second".utf8))
            #expect(try relay.receive(11) == Array("POST second".utf8))
            #expect(await !proxy.repeatLastRequest(beginningWith: "GET"))
            #expect(await proxy.repeatLastRequest(beginningWith: "POST"))
            let repeated = try server.accept()
            #expect(repeated.receiveAll() == Array("POST second".utf8))
            try repeated.send(Self.message)
            repeated.close()
            #expect(client.ending(within: .milliseconds(50)) == .open)
            #expect(proxy.tally.repetitions == 1)
        }
    }

    @Test func `one connection after the other breaks, as chance has it`() async throws {
        let server = try PlainListener()
        try await FaultProxy.with(to: server.port, seed: 3) { proxy in
            let clients = try (0..<4).map { _ in try PlainSocket(port: proxy.port) }
            let relays = try (0..<4).map { _ in try server.accept() }
            var plan = FaultPlan(breaking: .reset)
            plan.breaksOneEvery = .milliseconds(5)
            await proxy.set(plan)
            let tally = await proxy.wait { $0.resets == 4 }
            #expect(tally.connections == 4)
            for socket in clients + relays { #expect(socket.ending() == .reset) }
        }
    }
}
