import Foundation

/// What the proxy's thread works on: accepts, carries on, and breaks.
struct FaultLoop {
    /// More connections than this at once are closed as they come.
    static let linkLimit = 4096

    private let listener: FaultListener
    private let inbox: FaultInbox
    /// Where connections are carried on to.
    private let relayPort: Int
    private var random: SeededNumbers
    private var links: [FaultLink] = []
    private var repetitions: [FaultRepetition] = []
    private var nextBreak: ContinuousClock.Instant?
    private(set) var tally = FaultTally()

    init(listener: FaultListener, relayPort: Int, inbox: FaultInbox, seed: UInt64) {
        self.listener = listener
        self.relayPort = relayPort
        self.inbox = inbox
        random = SeededNumbers(seed: seed)
    }

    private(set) var plan = FaultPlan.faultless

    /// Works until the inbox is closed.
    mutating func run() {
        while true {
            let (orders, isClosed) = inbox.take()
            for order in orders { order(&self) }
            if isClosed { break }
            turn()
            inbox.publish(tally)
        }
        for link in links { link.close() }
        for repetition in repetitions { repetition.close() }
        _ = Socket.close(listener.descriptor)
        inbox.end(tally)
    }

    // MARK: Orders

    mutating func set(_ plan: FaultPlan) {
        if plan.refuses != self.plan.refuses { listener.set(refuses: plan.refuses) }
        self.plan = plan
        nextBreak = plan.breaksOneEvery.map { .now + $0 }
    }

    /// - Returns: how many connections there were to break.
    mutating func breakAll(by breaking: ConnectionBreak) -> Int {
        let carrying = links.filter(\.isCarrying)
        for link in carrying { end(link, by: breaking) }
        return carrying.count
    }

    mutating func breakOne(by breaking: ConnectionBreak) {
        guard let link = links.filter(\.isCarrying).randomElement(using: &random) else { return }
        end(link, by: breaking)
    }

    /// - Returns: whether there is one that begins so.
    mutating func repeatLastRequest(beginningWith prefix: [UInt8]) -> Bool {
        let requests = links.reversed().lazy.compactMap(\.lastRequest)
        guard let request = requests.first(where: { $0.starts(with: prefix) }),
            let relay = FaultListener.connect(port: relayPort)
        else { return false }
        repetitions.append(FaultRepetition(request, relay: relay))
        tally.repetitions += 1
        return true
    }

    private mutating func end(_ link: FaultLink, by breaking: ConnectionBreak) {
        link.end(by: breaking, now: .now)
        tally.count(breaking)
    }

    // MARK: Turns

    private mutating func turn() {
        var entries = [
            pollfd(fd: inbox.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: plan.refuses ? -1 : listener.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        var isTimed = false
        for link in links {
            let interest = link.interest(plan)
            entries.append(Self.entry(link.client, interest.client))
            entries.append(Self.entry(link.relay, interest.relay))
            isTimed = isTimed || interest.isTimed
        }
        for repetition in repetitions { entries.append(Self.entry(repetition.relay, repetition.interest)) }
        guard poll(&entries, nfds_t(entries.count), timeout(isTimed: isTimed)) >= 0 || errno == EINTR else { return }

        let now = ContinuousClock.now
        for (index, link) in links.enumerated() {
            let (client, relay) = (entries[2 + 2 * index], entries[3 + 2 * index])
            guard client.revents != 0 || relay.revents != 0 || isTimed else { continue }
            link.turn(
                plan, clientIsReady: client.revents != 0, relayIsReady: relay.revents != 0, now: now, tally: &tally)
        }
        let firstRepetition = 2 + 2 * links.count
        for (index, repetition) in repetitions.enumerated() where entries[firstRepetition + index].revents != 0 {
            repetition.turn()
        }
        links.removeAll(where: \.isClosed)
        repetitions.removeAll(where: \.isDone)
        if entries[1].revents != 0 { accept() }
        if let every = plan.breaksOneEvery, let due = nextBreak, now >= due {
            breakOne(by: plan.breaking)
            nextBreak = now + every
        }
    }

    /// A socket that nothing is wanted of is left out, because its end would be reported all the same.
    private static func entry(_ descriptor: Int32, _ events: Int16) -> pollfd {
        pollfd(fd: events == 0 ? -1 : descriptor, events: events, revents: 0)
    }

    /// In milliseconds; -1 for as long as nothing happens.
    private func timeout(isTimed: Bool) -> Int32 {
        var timeout: Int32 = isTimed ? 5 : -1
        if let nextBreak {
            let milliseconds = Int32(max(0, (nextBreak - .now) / .milliseconds(1)).rounded(.up))
            timeout = timeout < 0 ? milliseconds : min(timeout, milliseconds)
        }
        return timeout
    }

    private mutating func accept() {
        while let client = listener.accept() {
            tally.connections += 1
            guard links.count < Self.linkLimit, let relay = FaultListener.connect(port: relayPort) else {
                tally.unreachable += 1
                _ = Socket.close(client)
                continue
            }
            links.append(
                FaultLink(
                    client: client, relay: relay,
                    toRelayLimit: plan.toRelay.breaksAfter.map { Int.random(in: $0, using: &random) },
                    fromRelayLimit: plan.fromRelay.breaksAfter.map { Int.random(in: $0, using: &random) }))
        }
    }
}
