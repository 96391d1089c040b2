import Testing
import TrickleTesting

@testable import TrickleCore

/// Any interleaving of what clients and time can do keeps what the specification promises.
@Suite struct RandomOrderTests {
    @Test(arguments: 0..<200) func anyInterleavingKeepsTheInvariants(seed: UInt64) throws {
        var run = RandomRun(seed: seed)
        for _ in 0..<400 { try run.step() }
        try run.settle()
    }
}

/// A store, clients that do what they like, and what each of them has seen.
private struct RandomRun {
    private struct Reader {
        let segment: SegmentID
        var pieces: [BytesPiece] = []
        var progress = SegmentProgress.open
    }

    private var relay: RelayScenario
    private var random: SeededNumbers
    private var posts: [PublicationID] = []
    private var readers: [Reader] = []
    private var waiting: [ReadTicket] = []
    private var last: RelayChannel?

    init(seed: UInt64) {
        var limits = RelayLimits()
        limits.windowDuration = .seconds(3)
        limits.windowByteCount = 200
        limits.idleTimeout = .seconds(60)
        // One relay in three is short of memory.
        if seed.isMultiple(of: 3) { limits.memoryByteCount = 4000 }
        relay = RelayScenario(limits: limits)
        random = SeededNumbers(seed: seed)
    }

    mutating func step() throws {
        relay.now += .milliseconds(Int.random(in: 0...800, using: &random))
        switch Int.random(in: 0..<20, using: &random) {
        case 0...3: try openPost()
        case 4...9: try append()
        case 10...11: try finish()
        case 12: if let post = takePost() { relay.breakOff(post) }
        case 13...16: try read()
        case 17: try? relay.store.endSegment(relay.name, at: anyPosition(), now: relay.now)
        case 18: relay.store.sweep(now: relay.now)
        default:
            if Int.random(in: 0..<10, using: &random) == 0 {
                try? relay.store.closeChannel(relay.name, now: relay.now)
            } else {
                try? relay.store.createChannel(relay.name, contentType: nil, now: relay.now)
            }
        }
        try look()
    }

    /// Every client ends what it began: then nobody may be left waiting but for the next number.
    mutating func settle() throws {
        while !posts.isEmpty { try finish() }
        relay.now += .seconds(5)
        relay.store.sweep(now: relay.now)
        try look()
        for ticket in waiting {
            let next = try? relay.store.next(of: relay.name)
            #expect(next.map { ticket.number >= $0 || ticket.number.value == $0.value - 2 } ?? false, "\(ticket)")
        }
        for reader in readers { #expect(reader.progress != .open) }
        try expectNothingIsLeft()
    }

    /// When everybody has gone and the channel is closed and drained, the store has let go of everything.
    private mutating func expectNothingIsLeft() throws {
        for reader in readers { relay.store.detach(reader.segment, on: RelayScenario.lane) }
        try? relay.store.closeChannel(relay.name, now: relay.now)
        relay.now += .seconds(60)
        relay.store.sweep(now: relay.now)
        #expect(relay.store.publications.isEmpty)
        #expect(relay.store.channels.count == 1)
        #expect(relay.store.segments.values.allSatisfy { relay.store.channels[$0.channel]?.name == .changefeed })
    }

    // MARK: What clients do

    private mutating func openPost() throws {
        let next = (try? relay.next()) ?? 0
        let number = max(0, next + [-6, -2, -1, 0, 0, 0, 0, 1, 2].randomElement(using: &random)!)
        let publisher = Int.random(in: 0..<4, using: &random) == 0 ? ["me", "you"].randomElement(using: &random) : nil
        let offset = publisher == nil ? 0 : Int.random(in: 0...3, using: &random)
        do {
            let isNext = Bool.random(using: &random)
            posts.append(
                try isNext ? relay.postNext() : relay.post(number, publisher: publisher, offset: offset))
        } catch RelayRefusal.outOfMemory {
            // All that could be dropped is gone: of what has ended, each channel has its newest.
            for channel in relay.store.channels.values where !channel.name.isInternal {
                let kept = (0..<channel.index.count).map { relay.store.segments[channel.index[$0].segment]! }
                #expect(kept.count { !$0.isOpen } <= 1)
            }
        } catch is RelayRefusal {}
    }

    private mutating func takePost() -> PublicationID? {
        posts.isEmpty ? nil : posts.remove(at: Int.random(in: 0..<posts.count, using: &random))
    }

    private mutating func append() throws {
        guard let post = posts.randomElement(using: &random) else { return }
        let text = ["a", "b", "ab", "abc"].randomElement(using: &random)!
        do {
            _ = try relay.append(text, to: post)
        } catch is RelayRefusal {
            posts.removeAll { $0 == post }
        }
    }

    private mutating func finish() throws {
        guard let post = takePost() else { return }
        do { _ = try relay.finish(post) } catch is RelayRefusal {}
    }

    private mutating func anyPosition() -> SegmentPosition {
        let next = (try? relay.next()) ?? 0
        let positions: [SegmentPosition] = [
            .next, .current, .back(1), .back(9), .exact(SequenceNumber(next)!), .exact(SequenceNumber(next + 1)!),
            .exact(SequenceNumber(max(0, next - 3))!),
        ]
        return positions.randomElement(using: &random)!
    }

    private mutating func read() throws {
        guard let answer = try? relay.store.read(relay.name, at: anyPosition()) else { return }
        switch answer {
        case .segment(let view): join(view)
        case .wait(let ticket, _): waiting.append(ticket)
        case .closed: break
        }
    }

    private mutating func join(_ view: SegmentView) {
        relay.store.attach(view.id, on: RelayScenario.lane)
        readers.append(Reader(segment: view.id))
    }

    // MARK: What must hold

    private mutating func look() throws {
        _ = relay.store.takeWakes()
        checkNext()
        for index in readers.indices where readers[index].progress == .open { pull(index) }
        waiting = waiting.filter { ticket in
            guard let answer = try? relay.store.retry(ticket) else { return false }
            switch answer {
            case .segment(let view):
                join(view)
                pull(readers.count - 1)
                return false
            case .wait: return true
            case .closed: return false
            }
        }
    }

    private mutating func pull(_ index: Int) {
        let before = readers[index].pieces
        readers[index].progress = relay.store.pull(
            readers[index].segment, from: before.count, on: RelayScenario.lane, into: &readers[index].pieces)
        #expect(readers[index].pieces.starts(with: before))
        // Two readers of one incarnation have seen the same, as far as both have come.
        for other in readers where other.segment == readers[index].segment {
            let shorter = min(other.pieces.count, readers[index].pieces.count)
            #expect(other.pieces.prefix(shorter) == readers[index].pieces.prefix(shorter))
            if other.progress == .complete, readers[index].progress == .complete {
                #expect(other.pieces == readers[index].pieces)
            }
        }
    }

    /// `next` moves back only when a publisher begins again, or the name is another channel's.
    private mutating func checkNext() {
        guard let id = relay.store.channelIDs[relay.name], let channel = relay.store.channels[id] else { return }
        if let last, last.id == channel.id, last.restarts == channel.restarts {
            #expect(channel.next >= last.next)
        }
        #expect(channel.index.highest.map { $0 < channel.next } ?? true)
        let kept = (0..<channel.index.count).map { relay.store.segments[channel.index[$0].segment]! }
        #expect(channel.byteCount == kept.map(\.byteCount).reduce(0, +))
        #expect(channel.openSegments.count == kept.count { $0.isOpen })
        var cost = relay.store.segments.values.reduce(0) { $0 + $1.cost }
        cost += relay.store.channels.values.reduce(0) { $0 + ($1.name.isInternal ? 0 : $1.cost) }
        cost += relay.store.publications.values.reduce(0) { $0 + $1.held.cost }
        #expect(relay.store.cost == cost)
        #expect(relay.store.accounts.values.map(\.cost).reduce(0, +) == cost)
        last = channel
    }
}
