import Foundation
import Synchronization

/// A publisher of 2 Mbit/s and its readers, who want to be left alone while somebody attacks their relay.
final class Bystander: Sendable {
    static let readerCount = 10
    private static let writesPerSecond = 200
    private static let writeByteCount = 1250
    /// How long one of them waits for the relay before it gives up: what is slow is not lost.
    static let patience = Duration.seconds(120)

    private struct State {
        var isStopped = false
        /// Segments that readers have read, each counted for each.
        var readCount = 0
        var hasFailed = false
    }

    private let target: ConformanceTarget
    private let start = ContinuousClock.now
    private let state = Mutex(State())
    private let filling = [UInt8](repeating: UInt8(ascii: "."), count: writeByteCount - 16)

    init(_ target: ConformanceTarget) { self.target = target }

    /// The relay tells clients by their addresses apart, so that these have one of their own where the system has more than one.
    private static var source: String? {
        #if os(Linux)
            "127.0.0.2"
        #else
            nil
        #endif
    }

    /// The publisher ends after its segment.
    func stop() { state.withLock { $0.isStopped = true } }

    /// Publishes and reads until it is stopped.
    func run() async -> BystanderReport {
        do { try await onThread { try self.create() } } catch {
            return BystanderReport(problems: ["the bystander's channel: \(error)"])
        }
        let readers = Task {
            await withTaskGroup(of: (delays: [Duration], problem: String?).self) { group in
                for _ in 0..<Self.readerCount { group.addTask { await onThread { self.read() } } }
                var report = BystanderReport()
                for await (delays, problem) in group {
                    report.delays += delays
                    if let problem { report.problems.append("a reader of the bystander: \(problem)") }
                }
                return report
            }
        }
        let published = await onThread { Result { try self.publish() } }
        var report = await readers.value
        switch published {
        case .success(let count):
            let missing = count * Self.readerCount - report.delays.count
            if missing > 0 { report.problems.append("the bystander's readers miss \(missing) writes") }
        case .failure(let error): report.problems.append("the bystander's publisher: \(error)")
        }
        report.delays.sort()
        return report
    }

    // MARK: Publishing

    private func create() throws {
        let connection = try RawConnection(to: target, from: Self.source, patience: Self.patience)
        try connection.send(AttackRequest.create("bystander"))
        try expectSuccess(connection)
    }

    /// - Returns: the number of its writes.
    private func publish() throws -> Int {
        let connection = try RawConnection(to: target, from: Self.source, patience: Self.patience)
        var due = ContinuousClock.now
        var sequence = 0
        while !state.withLock({ $0.isStopped }) {
            // The answers are looked at in the end: a late one does not hold up what follows.
            try connection.send(AttackRequest.chunkedPost("/bystander/\(sequence)"))
            for index in 0..<Self.writesPerSecond {
                Thread.sleep(until: Date(timeIntervalSinceNow: max(0, (due - .now) / .seconds(1))))
                try connection.send(chunk(sequence, index))
                due += .seconds(1) / Self.writesPerSecond
            }
            try connection.send("0\r\n\r\n")
            sequence += 1
        }
        for _ in 0..<sequence { try expectSuccess(connection) }
        waitForReaders(of: sequence)
        try connection.send(AttackRequest.head("DELETE", "/bystander"))
        try expectSuccess(connection)
        return sequence * Self.writesPerSecond
    }

    /// The channel stays until all have read all of it: a relay that is slow loses nothing by that.
    private func waitForReaders(of segmentCount: Int) {
        let deadline = ContinuousClock.now + Self.patience
        while deadline > .now, state.withLock({ !$0.hasFailed && $0.readCount < segmentCount * Self.readerCount }) {
            Thread.sleep(forTimeInterval: 0.01)
        }
    }

    private func expectSuccess(_ connection: RawConnection) throws {
        let answer = try connection.receiveResponse()
        try expect(answer.status == 200, "got \(answer.status): \(answer.text)")
    }

    /// Says what it is and when it leaves.
    private func chunk(_ sequence: Int, _ index: Int) -> [UInt8] {
        let time = UInt64((ContinuousClock.now - start) / .microseconds(1))
        let place = UInt64(sequence) << 32 | UInt64(index)
        return Array("\(String(Self.writeByteCount, radix: 16))\r\n".utf8) + Self.bytes(time) + Self.bytes(place)
            + filling + Array("\r\n".utf8)
    }

    private static func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    // MARK: Reading

    private func read() -> (delays: [Duration], problem: String?) {
        var delays: [Duration] = []
        do {
            let connection = try RawConnection(to: target, from: Self.source, patience: Self.patience)
            var sequence = 0
            while try read(sequence, from: connection, into: &delays) {
                sequence += 1
                state.withLock { $0.readCount += 1 }
            }
            return (delays, nil)
        } catch {
            state.withLock { $0.hasFailed = true }
            return (delays, "\(error)")
        }
    }

    /// - Returns: false when the channel is over.
    private func read(_ sequence: Int, from connection: RawConnection, into delays: inout [Duration]) throws -> Bool {
        try connection.send(AttackRequest.get("/bystander/\(sequence)"))
        let head = try connection.receiveHead()
        if head["Lp-Trickle-Closed"] != nil { return false }
        try expect(head.status == 200, "segment \(sequence) got \(head.status)")
        for index in 0..<Self.writesPerSecond {
            let bytes = try connection.receiveBody(Self.writeByteCount)
            let place = UInt64(sequence) << 32 | UInt64(index)
            try expect(
                Array(bytes[8..<16]) == Self.bytes(place) && Array(bytes[16...]) == filling,
                "write \(index) of segment \(sequence) is another one")
            let time = bytes[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            delays.append((ContinuousClock.now - start) - .microseconds(Int64(time)))
        }
        let rest = try connection.receiveRest()
        try expect(rest.isWhole && rest.bytes.isEmpty, "segment \(sequence) does not end where it should")
        return true
    }
}

/// What the bystander has seen.
struct BystanderReport: Sendable {
    /// Of each write at each reader, in their order of size.
    var delays: [Duration] = []
    /// What was lost or refused.
    var problems: [String] = []

    /// The delay that `fraction` of all stay within; nil without any.
    func quantile(_ fraction: Double) -> Duration? {
        guard !delays.isEmpty else { return nil }
        return delays[min(delays.count - 1, Int(Double(delays.count) * fraction))]
    }
}
