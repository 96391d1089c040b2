import TrickleKit
import TrickleTesting

/// A publisher and a reader of one channel, and the account of what went between them.
struct ChannelRun: Sendable {
    /// What is published.
    struct Source: Sendable {
        var segmentCount = 6
        var segmentByteCount = 20_000...60_000
        /// Bytes that are written at once.
        var pieceByteCount = 1316
        /// The time between two writes; zero writes as fast as the relay takes it.
        var interval: Duration = .zero
    }

    let name: String
    let seed: UInt64
    var source = Source()
    /// Ends the source before all segments are published.
    var time: PublishingTime?
    /// Where the publisher finds the relay, and where the reader does.
    var publisherURL: String
    var readerURL: String
    var configuration = patientClient
    /// For how long the reader bears with a channel that is not there.
    var wait: Duration = .seconds(60)
    /// After the time that the source takes, and this, it hangs, as far as anybody can tell.
    static let patience = Duration.seconds(180)
    /// Clients that do not give up a relay for being slow on a busy machine.
    static let patientClient: ClientConfiguration = {
        var configuration = ClientConfiguration()
        configuration.patience = .seconds(90)
        return configuration
    }()

    /// Publishes and reads to the end of the channel.
    ///
    /// - Parameter limit: after this time it hangs, as far as anybody can tell.
    func run(within limit: Duration) async -> Balance {
        let ledger = ChannelLedger(name, seed: seed)
        let isOver = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                async let published: Void = publish(ledger)
                async let read: Void = read(ledger)
                _ = await (published, read)
                return true
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let isOver = await group.next() ?? false
            group.cancelAll()
            return isOver
        }
        var balance = ledger.balance()
        if !isOver { balance.problems.insert("\(name): it had not come to its end after \(limit)", at: 0) }
        return balance
    }

    private func publish(_ ledger: ChannelLedger) async {
        // Whoever waits for the beginning does not wait for a publisher that has given up.
        defer { time?.begin() }
        do {
            let publisher = try Publisher(
                relay: RelayURL(publisherURL), channel: ChannelName(name), configuration: configuration)
            try await publisher.open()
            time?.begin()
            var random = SeededNumbers(seed: seed)
            for _ in 0..<source.segmentCount {
                let byteCount = Int.random(in: source.segmentByteCount, using: &random)
                try await publishSegment(of: byteCount, publisher, ledger)
                if time?.isOver == true { break }
            }
            try await publisher.close()
        } catch is CancellationError {
        } catch {
            ledger.problem("the publisher gave up: \(error)")
        }
    }

    private func publishSegment(of byteCount: Int, _ publisher: Publisher, _ ledger: ChannelLedger) async throws {
        let segment = try await publisher.nextSegment()
        let sequence = segment.sequence.value
        ledger.begins(sequence, byteCount: byteCount)
        do {
            var offset = 0
            while offset < byteCount {
                let end = min(byteCount, offset + source.pieceByteCount)
                try await segment.write(ledger.bytes.bytes(of: sequence, in: offset..<end))
                offset = end
                if source.interval > .zero { try await Task.sleep(for: source.interval) }
            }
            try await segment.finish()
        } catch let error as TrickleError where error.code != .misuse {
            ledger.failed(sequence)
        }
    }

    private func read(_ ledger: ChannelLedger) async {
        do {
            let subscriber = try Subscriber(
                relay: RelayURL(readerURL), channel: ChannelName(name), from: .exact(0), configuration: configuration,
                waitForChannel: wait)
            for try await segment in subscriber {
                if let skipped = segment.skipped { ledger.skipped(skipped) }
                let sequence = segment.sequence.value
                ledger.opens(sequence, isRestart: segment.isRestart)
                do {
                    for try await piece in segment.body { ledger.receives(piece, of: sequence, now: .now) }
                    ledger.ends(sequence)
                } catch let error as TrickleError where error.concernsOneSegment {
                    ledger.ends(sequence, because: error.message)
                }
            }
            if subscriber.statistics.endedSilently {
                ledger.problem("the relay had forgotten the channel before its end")
            }
        } catch is CancellationError {
        } catch {
            ledger.problem("the reader gave up: \(error)")
        }
    }
}
