import Testing
import TrickleTesting

@testable import TrickleCore

/// The clients' machines against the relay's own decisions, over any order of turns, breaks and restarts, with one account:
/// delivered = published − reported.
@Suite struct ModelTests {
    @Test(arguments: 0..<300 as Range<UInt64>)
    func whatARelayKeepsIsLostByNobody(seed: UInt64) {
        var run = ModelRun(seed: seed)
        run.run()
        run.checkAccount()
        // The window holds everything and the relay remembers: nothing has to be lost, though every connection breaks.
        #expect(run.publisher.failed.isEmpty, "\(run.publisher.failed)")
        #expect(run.reader.skipped.isEmpty)
        #expect(run.reader.delivered.map(\.bytes) == run.publisher.segments)
        #expect(run.reader.delivered.allSatisfy { $0.isWhole })
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func aNarrowWindowCostsWhatIsReported(seed: UInt64) {
        var run = ModelRun(seed: seed, windowCount: 2, rejoinsAtOldest: seed % 2 == 0)
        run.run()
        run.checkAccount()
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func aRelayThatForgetsCostsWhatIsReported(seed: UInt64) {
        var run = ModelRun(seed: seed, forgets: true)
        run.run()
        run.checkAccount()
        #expect(run.publisher.failed.isEmpty, "\(run.publisher.failed)")
    }
}

/// One publisher, one reader, one relay, and all that goes wrong between them.
private struct ModelRun {
    var network: ModelNetwork
    var publisher: ModelPublisher
    var reader: ModelReader

    init(seed: UInt64, windowCount: Int = 1000, rejoinsAtOldest: Bool = false, forgets: Bool = false) {
        var limits = RelayLimits()
        limits.windowCount = windowCount
        limits.windowDuration = .zero
        limits.lingerDuration = .seconds(3600)
        limits.drainDuration = .seconds(3600)
        limits.idleTimeout = .seconds(3600)
        network = ModelNetwork(seed: seed, limits: limits, forgets: forgets)
        var random = SeededNumbers(seed: seed &+ 1)
        publisher = ModelPublisher(
            segments: (0..<8).map { number in
                // No byte of a segment is like another, nor like its neighbour's.
                (0..<Int.random(in: 0...30, using: &random)).map { UInt8(number * 31 + $0) }
            })
        reader = ModelReader(
            policy: .init(
                waitForChannel: .seconds(600), patience: .seconds(600), rejoinsAtOldest: rejoinsAtOldest))
    }

    mutating func run() {
        for turn in 0..<20_000 where !(publisher.isDone && reader.isDone) {
            network.turn()
            // Nobody is to be unlucky for ever.
            if turn == 3000 { network.isFaulty = false }
            if network.chance(50) { publisher.turn(&network) } else { reader.turn(&network) }
            if publisher.isDone, !reader.isDone { network.isFaulty = network.isFaulty && !network.forgets }
        }
    }

    func checkAccount() {
        #expect(publisher.isDone, "the publisher hangs")
        var reported: Set<Int> = []
        if network.forgets, reader.end == .fail(.channelNotFound) {
            #expect(reader.delivered.isEmpty, "who has read a channel knows that it was there")
            reported.formUnion(publisher.segments.indices)
        } else {
            #expect(reader.end == .finish, "the reader has not come to the end of the channel")
        }
        if let last = reader.lastBeforeSilentEnd {
            // The relay forgot the channel: the reader tells after which segment.
            #expect(network.forgets && last.value == reader.delivered.last?.number)
            reported.formUnion(last.value + 1..<publisher.segments.count)
        }
        for run in reader.skipped { reported.formUnion(run.first.value..<run.first.value + run.count) }
        let numbers = reader.delivered.map(\.number)
        #expect(
            numbers == numbers.sorted() && Set(numbers).count == numbers.count, "out of order, or twice: \(numbers)")
        for (number, bytes, isWhole) in reader.delivered {
            let published = publisher.segments[number]
            #expect(published.starts(with: bytes), "segment \(number) has bytes that are not its own")
            if isWhole { #expect(bytes == published, "segment \(number) is whole, and is not") }
            if !isWhole { reported.insert(number) }
        }
        for number in publisher.segments.indices where !numbers.contains(number) {
            #expect(reported.contains(number), "segment \(number) is missing, and nobody says so")
        }
    }
}
