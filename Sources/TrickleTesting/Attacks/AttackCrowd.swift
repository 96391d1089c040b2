import Foundation

/// The connections of an attack, on one thread.
struct AttackCrowd {
    private var connections: [AttackConnection]
    private let address: ConformanceTarget.Address
    private var tally = AttackTally()
    private var entries: [pollfd] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    /// Runs scripts until then, or until each has its answers.
    ///
    /// It gives way to the threads that measure: they shall see how late the relay is, and not how busy the attacker.
    ///
    /// - Parameter isPreparation: it ends when the answers have come that the scripts wait for.
    static func run(
        _ scripts: [AttackScript], against target: ConformanceTarget, until deadline: ContinuousClock.Instant,
        isPreparation: Bool = false
    ) throws -> AttackTally {
        guard !scripts.isEmpty else { return AttackTally() }
        guard let address = try target.addresses().first else { throw ConformanceFailure("no address") }
        #if canImport(Glibc)
            // On Linux this is the thread's own niceness.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        #endif
        var crowd = AttackCrowd(connections: scripts.map(AttackConnection.init), address: address)
        defer { crowd.buffer.deallocate() }
        let mayEndSooner = isPreparation || scripts.allSatisfy { $0.endsWithin != nil }
        while deadline > .now, !(mayEndSooner && crowd.connections.allSatisfy(\.isDone)) { crowd.turn(reading: false) }
        if isPreparation, let late = crowd.connections.first(where: { !$0.isDone }) {
            throw ConformanceFailure("only \(late.answerCount) answers came in time: \(crowd.tally.summary)")
        }
        crowd.finish()
        return crowd.tally
    }

    private init(connections: [AttackConnection], address: ConformanceTarget.Address) {
        self.connections = connections
        self.address = address
    }

    /// What was not read yet tells what the answers were.
    private mutating func finish() {
        tally.stays = connections.compactMap { connection in
            connection.script.endsWithin.map { (connection.script.name, connection.stay, $0) }
        }
        for index in connections.indices where connections[index].script.reads { connections[index].close() }
        let deadline = ContinuousClock.now + .milliseconds(300)
        while deadline > .now, connections.contains(where: \.isOpen) { turn(reading: true) }
        for index in connections.indices { connections[index].close() }
    }

    private mutating func turn(reading: Bool) {
        if !reading { connect() }
        let now = ContinuousClock.now
        entries.removeAll(keepingCapacity: true)
        for connection in connections {
            // A negative descriptor is passed over.
            let events = reading ? Int16(POLLIN) : connection.events(at: now, reading: false)
            entries.append(pollfd(fd: connection.descriptor, events: events, revents: 0))
        }
        guard poll(&entries, nfds_t(entries.count), 5) > 0 else { return }
        for index in connections.indices where entries[index].revents != 0 {
            let events = entries[index].revents
            if events & Int16(POLLIN) != 0 {
                connections[index].receive(buffer, into: &tally)
            } else if events & ~Int16(POLLOUT) != 0 {
                connections[index].end(into: &tally)
            }
            if events & Int16(POLLOUT) != 0, connections[index].isOpen {
                connections[index].send(into: &tally, at: now)
            }
        }
    }

    private mutating func connect() {
        for index in connections.indices where connections[index].mayOpen {
            guard connections[index].open(address) else {
                tally.refused += 1
                return
            }
        }
        tally.connections = max(tally.connections, connections.count { $0.isOpen })
    }
}
