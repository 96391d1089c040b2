import Foundation
import NIOCore
import Testing
import TrickleTesting

@testable import TrickleRelay

/// However a connection's bytes are cut, the same is read of them, and it is what a second, simple reader finds.
@Suite struct HTTP2FlowReaderFuzzTests {
    private typealias Event = HTTP2FlowReader.Event

    private func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

    /// Reads all at once. Bytes that say nothing of windows are one event until the next that does.
    private func expected(_ bytes: [UInt8]) -> [Event] {
        var events: [Event] = []
        func pass(_ slice: ArraySlice<UInt8>) { append(.bytes(ByteBuffer(bytes: slice)), to: &events) }
        pass(bytes.prefix(24))
        var rest = bytes.dropFirst(24)
        while rest.count >= 9 {
            let length = number(rest.prefix(3))
            let (type, stream) = (rest[rest.startIndex + 3], number(rest.dropFirst(5).prefix(4)) & 0x7FFF_FFFF)
            let isOfInterest = type == 8 && length == 4 || type == 4 && (1...1 << 14).contains(length)
            let frame = rest.prefix(9 + length)
            guard isOfInterest else {
                pass(frame)
                rest = rest.dropFirst(frame.count)
                continue
            }
            // It is looked into when it is whole.
            guard frame.count == 9 + length else { return events }
            rest = rest.dropFirst(frame.count)
            let (payload, whole) = (frame.dropFirst(9), ByteBuffer(bytes: frame))
            guard type == 4 else {
                let increment = number(payload) & 0x7FFF_FFFF
                events.append(.windowUpdate(stream: stream, increment: increment, frame: whole))
                continue
            }
            var (window, byteCount) = (Int?.none, Int?.none)
            for start in stride(from: 0, to: length / 6 * 6, by: 6) {
                let (name, value) = (
                    number(payload.dropFirst(start).prefix(2)), number(payload.dropFirst(start + 2).prefix(4))
                )
                if name == 4, value < 1 << 31 { window = value }
                if name == 5, value >= 1 << 14, value < 1 << 24 { byteCount = value }
            }
            events.append(.settings(window: window, frameByteCount: byteCount, frame: whole))
        }
        return events
    }

    /// Adds an event; bytes that follow each other are one.
    private func append(_ event: Event, to events: inout [Event]) {
        guard case .bytes(let new) = event else { return events.append(event) }
        guard new.readableBytes > 0 else { return }
        if case .bytes(var old)? = events.last {
            old.writeImmutableBuffer(new)
            events[events.count - 1] = .bytes(old)
        } else {
            events.append(event)
        }
    }

    private func read(_ bytes: [UInt8], cutBy random: inout SeededNumbers) -> [Event] {
        var (reader, events, rest) = (HTTP2FlowReader(), [Event](), bytes[...])
        let longest = [1, 5, 100, 20_000].randomElement(using: &random)!
        while !rest.isEmpty {
            let piece = rest.prefix(.random(in: 1...longest, using: &random))
            rest = rest.dropFirst(piece.count)
            reader.append(ByteBuffer(bytes: piece))
            while let event = reader.next() { append(event, to: &events) }
        }
        return events
    }

    private func frame(_ random: inout SeededNumbers) -> [UInt8] {
        let type = UInt8([0, 1, 3, 4, 4, 6, 8, 8, 9, 200].randomElement(using: &random)!)
        let count = [0, 1, 4, 4, 5, 6, 12, 18, 40, 16_384, 16_385].randomElement(using: &random)!
        var payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        if type == 4 {
            for start in stride(from: 0, to: count / 6 * 6, by: 6) {
                payload[start] = 0
                payload[start + 1] = .random(in: 1...6, using: &random)
                if Bool.random(using: &random) { payload.replaceSubrange(start + 2..<start + 4, with: [0, 1]) }
            }
        }
        // Frames within a body are none.
        if type == 0, count > 20 { payload.replaceSubrange(0..<13, with: [0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 0, 1, 0]) }
        let flags = UInt8.random(in: 0...255, using: &random)
        let stream = UInt32.random(in: 0...9, using: &random)
        return Array(HTTP2FlowReaderTests.frame(type, flags: flags, stream: stream, payload).readableBytesView)
    }

    @Test(arguments: FuzzSeeds.seeds) func `frames are read as the simple reader reads them`(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var bytes = Array(HTTP2FlowReaderTests.preface.readableBytesView)
        for _ in 0..<Int.random(in: 0...30, using: &random) { bytes += frame(&random) }
        bytes.removeLast(.random(in: 0...min(30, bytes.count - 1), using: &random))
        let expected = expected(bytes)
        for _ in 0..<3 { #expect(read(bytes, cutBy: &random) == expected) }
    }
}

/// How many made-up connections are tried: more with `TRICKLE_FUZZ_SEEDS`.
enum FuzzSeeds {
    static let seeds = 1...(ProcessInfo.processInfo.environment["TRICKLE_FUZZ_SEEDS"].flatMap(UInt64.init) ?? 20)
}
