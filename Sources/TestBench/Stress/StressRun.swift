import CommandFrame
import Endings
import Logging
import Synchronization
import TrickleKit

/// Many publishers and subscribers at once, each segment compared by its digest: what `trickle-stress` does.
public struct StressRun: Sendable {
    public var publishers = 4
    /// Of each channel.
    public var subscribers = 4
    public var segments = 100
    public var segmentBytes = 64 << 10
    /// From one segment's start to the next's.
    public var interval: Duration = .milliseconds(20)

    /// Most segments are written in so many pieces, because segments trickle.
    private static let piecesPerSegment = 8

    private let relay: RelayOptions

    public init(relay: RelayOptions) { self.relay = relay }

    /// Runs until all is published and read, or a stop is asked for.
    ///
    /// - Throws: `CancellationError` when it was stopped.
    public func run(_ session: ToolSession) async throws -> StressReport? {
        try await session.stop.cancelling { try await measure(session) }
    }

    private func measure(_ session: ToolSession) async throws -> StressReport {
        let ledger = StressLedger()
        let failures = Mutex((count: 0, texts: [String]()))
        let fail = { @Sendable (text: String) in
            failures.withLock { failures in
                failures.count += 1
                if failures.texts.count < 10 { failures.texts.append(text) }
            }
        }
        let configuration = relay.configuration(logger: session.logger)
        let run = String(UInt32.random(in: 0...(.max)), radix: 16)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<publishers {
                let channel = try ChannelName("stress-\(run)-\(number)")
                for _ in 0..<subscribers {
                    group.addTask {
                        do { try await read(channel, ledger, configuration) } catch let error as TrickleError {
                            fail("a subscriber of \(channel): \(error.message)")
                        }
                    }
                }
                group.addTask {
                    do {
                        try await publish(channel, seed: UInt64(number), ledger, configuration, session)
                    } catch let error as TrickleError {
                        fail("the publisher of \(channel): \(error.message)")
                    }
                }
            }
            try await group.waitForAll()
        }
        try Task.checkCancellation()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let (counts, failed) = (ledger.counts, failures.withLock { $0 })
        let expected = counts.published * subscribers
        return StressReport(
            publishers: publishers, subscribers: subscribers, published: counts.published,
            publishedBytes: counts.publishedBytes, expected: expected, delivered: counts.delivered,
            deliveredBytes: counts.deliveredBytes, wrong: counts.wrong, repeated: counts.repeated,
            missing: max(0, expected - counts.delivered), failures: failed.texts, failureCount: failed.count,
            seconds: seconds)
    }

    private func publish(
        _ channel: ChannelName, seed: UInt64, _ ledger: StressLedger, _ configuration: ClientConfiguration,
        _ session: ToolSession
    ) async throws {
        let publisher = Publisher(
            relay: relay.url, channel: channel, contentType: "application/octet-stream", configuration: configuration)
        do {
            // Without a channel there is nothing to wait for, for anybody.
            do { try await publisher.open() } catch let error as TrickleError { throw ToolFailure(error) }
            try await publish(to: publisher, seed: seed, ledger)
        } catch {
            // The channel does not stay behind, not even one that was being made when the stop came.
            if !(error is ToolFailure), !(await publisher.closeAtOnce(session.stop)) {
                session.logger.warning("the relay does not take the end of '\(channel)': the channel is left as it is")
            }
            throw error
        }
        try await publisher.close()
    }

    private func publish(to publisher: Publisher, seed: UInt64, _ ledger: StressLedger) async throws {
        var noise = seed
        var due = ContinuousClock.now
        for _ in 0..<segments {
            let writer = try await publisher.nextSegment()
            let digest = SegmentDigest()
            var left = segmentBytes
            while left > 0 {
                let count = min(left, max(1, segmentBytes / Self.piecesPerSegment))
                let bytes = Self.noise(&noise, count: count)
                digest.add(bytes)
                try await writer.write(bytes)
                left -= count
            }
            ledger.published(
                .init(channel: publisher.channel, sequence: writer.sequence), digest: digest.finish(),
                byteCount: segmentBytes)
            writer.finishWithoutWaiting()
            due += interval
            try await Task.sleep(until: due)
        }
    }

    /// Bytes that differ everywhere, and are cheap to make: SplitMix64.
    private static func noise(_ state: inout UInt64, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
            withUnsafeBytes(of: word ^ word >> 31) { bytes += $0 }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private func read(
        _ channel: ChannelName, _ ledger: StressLedger, _ configuration: ClientConfiguration
    ) async throws {
        let subscriber = Subscriber(
            relay: relay.url, channel: channel, from: .exact(.zero), configuration: configuration,
            waitForChannel: .seconds(10))
        var last: SequenceNumber?
        for try await segment in subscriber {
            let digest = SegmentDigest()
            var byteCount = 0
            do {
                for try await bytes in segment.body {
                    digest.add(bytes)
                    byteCount += bytes.count
                }
            } catch let error as TrickleError where error.concernsOneSegment {
                // It is missing from what was delivered.
                continue
            }
            ledger.delivered(
                .init(channel: channel, sequence: segment.sequence), digest: digest.finish(), byteCount: byteCount,
                isInOrder: last.map { $0 < segment.sequence } ?? true)
            last = segment.sequence
        }
    }
}
