import NIOCore
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// Pieces that come close together leave together.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct CoalescingTests {
    private func pieces(of segment: LocalSegment) async throws -> [String] {
        var pieces: [String] = []
        for try await bytes in segment.body { pieces.append(String(buffer: bytes)) }
        return pieces
    }

    @Test func whatComesWithinTheIntervalIsOnePiece() async throws {
        try await withRelayServer {
            $0.coalescing = .always(.seconds(3600))
        } _: { relay in
            let segments = relay.subscriber(to: try ChannelName("cam"), from: .exact(0))
            try await PlainClient.with(relay) { publisher in
                try await publisher.send(PlainRequest.post("/cam/0"))
                for text in ["one ", "two ", "three"] { try await publisher.send(PlainRequest.chunk(text)) }
                try await publisher.send(PlainRequest.lastChunk)
                #expect(try await publisher.answer().hasPrefix("HTTP/1.1 200 "))
            }
            var iterator = segments.makeAsyncIterator()
            let segment = try #require(try await iterator.next())
            let pieces = try await pieces(of: segment)
            #expect(pieces.joined() == "one two three")
            // The first leaves at once.
            #expect(pieces.count <= 2)
        }
    }

    @Test func whatIsHeldLeavesWithinTheSegment() async throws {
        try await withRelayServer {
            $0.coalescing = .always(.milliseconds(2))
        } _: { relay in
            try await PlainClient.with(relay) { publisher in
                try await publisher.send(PlainRequest.create("/cam"))
                _ = try await publisher.answer()
                try await PlainClient.with(relay) { reader in
                    try await reader.send(PlainRequest.get("/cam/0"))
                    try await publisher.send(PlainRequest.post("/cam/0") + PlainRequest.chunk("first"))
                    #expect(try await reader.read(to: "first\r\n").hasSuffix("\r\n\r\n5\r\nfirst\r\n"))
                    try await publisher.send(PlainRequest.chunk("second"))
                    #expect(try await reader.read(to: "second\r\n") == "6\r\nsecond\r\n")
                }
            }
        }
    }

    @Test(arguments: ["DELETE /cam/0", "DELETE /cam"]) func whoeverEndsTheSegmentLosesNothingThatWasHeld(
        _ end: String
    ) async throws {
        try await withRelayServer {
            $0.coalescing = .always(.seconds(3600))
        } _: { relay in
            try await PlainClient.with(relay) { publisher in
                try await publisher.send(PlainRequest.post("/cam/0") + PlainRequest.chunk("first"))
                try await relay.tells("trickle_bytes_in_total 5")
                let before = relay.memoryByteCount
                try await publisher.send(PlainRequest.chunk(" held"))
                // Held bytes are in no segment yet, and count all the same.
                try await until { relay.memoryByteCount > before }
                try await relay.tells("trickle_bytes_in_total 5")
                try await PlainClient.with(relay) { other in
                    try await other.send("\(end) HTTP/1.1\r\nHost: relay\r\n\r\n")
                    #expect(try await other.answer().hasPrefix("HTTP/1.1 200 "))
                    try await other.send(PlainRequest.get("/cam/0"))
                    #expect(try await other.read(to: "held").hasSuffix("\r\n\r\nfirst held"))
                }
                #expect(try await publisher.answer().hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test func aPublisherThatBreaksOffLosesNothingThatWasHeld() async throws {
        try await withRelayServer {
            $0.coalescing = .always(.seconds(3600))
        } _: { relay in
            try await PlainClient.with(relay) { publisher in
                try await publisher.send(PlainRequest.post("/cam/0") + PlainRequest.chunk("first"))
                try await relay.tells("trickle_bytes_in_total 5")
                try await publisher.send(PlainRequest.chunk("held") + "no chunk\r\n")
                #expect(await publisher.rest().hasPrefix("HTTP/1.1 400 "))
            }
            try await PlainClient.with(relay) { reader in
                try await reader.send(PlainRequest.get("/cam/0"))
                let answer = try await reader.read(to: "held")
                #expect(answer.contains("\(HeaderName.aborted): publisher\r\n"))
            }
        }
    }
}

extension RelayServer {
    fileprivate var memoryByteCount: Int { store.perform(on: nil) { store, _ in store.cost } }
}

/// What leaves at once, by a clock that is told.
@Suite struct CoalescingPaceTests {
    private func second(_ number: UInt64) -> NIODeadline { .uptimeNanoseconds(number * 1_000_000_000) }

    /// Whether bytes that come at these seconds wait.
    private func holds(_ seconds: UInt64..., interval: TimeAmount) -> [Bool] {
        var pace = CoalescingPace()
        return seconds.map { pace.holds(now: second($0), within: interval) }
    }

    @Test(arguments: [0, 1, 3599, 3600, 1 << 30])
    func theFirstBytesLeaveAtOnceHoweverYoungTheMachineIs(uptime: UInt64) {
        let waits = holds(uptime, uptime, uptime + 3599, uptime + 3600, interval: .seconds(3600))
        #expect(waits == [false, true, true, false])
    }

    @Test func theIntervalBeginsAnewWhenWhatWaitedLeaves() {
        var pace = CoalescingPace()
        var waits = [10, 11].map { pace.holds(now: second($0), within: .seconds(2)) }
        pace.left(now: second(12))
        waits += [13, 14].map { pace.holds(now: second($0), within: .seconds(2)) }
        #expect(waits == [false, true, true, false])
    }
}

/// When an event loop is busy, by clocks that are told.
@Suite struct LaneLoadTests {
    /// Whether the loop is busy after each tenth of a second in which it works so many milliseconds.
    private func busy(_ milliseconds: Int64...) -> [Bool] {
        var load = LaneLoad()
        var (now, worked) = (NIODeadline.uptimeNanoseconds(5_000_000_000), Int64(7))
        load.look(now: now) { worked }
        return milliseconds.map { time in
            now = now + LaneLoad.period
            worked += time * 1_000_000
            load.look(now: now) { worked }
            return load.isBusy
        }
    }

    @Test func aLoopThatWorksHalfOfItsTimeIsBusy() {
        #expect(busy(10, 39, 50, 95) == [false, false, true, true])
    }

    @Test func aLoopThatHasBecomeBusyStaysSoWhileItWorksAThirdOfThat() {
        #expect(busy(50, 14, 39, 11, 39) == [true, true, true, false, false])
    }

    @Test func aLoopIsJudgedByATenthOfASecondAtLeast() {
        var load = LaneLoad()
        load.look(now: .uptimeNanoseconds(1_000_000_000)) { 0 }
        load.look(now: .uptimeNanoseconds(1_050_000_000)) { 50_000_000 }
        #expect(!load.isBusy)
        load.look(now: .uptimeNanoseconds(1_100_000_000)) { 50_000_000 }
        #expect(load.isBusy)
    }

    @Test func aThreadsWorkIsCounted() {
        let before = LaneLoad.workedOfThisThread()
        var sum = 0
        while LaneLoad.workedOfThisThread() < before + 1_000_000 { sum &+= 1 }
        #expect(sum > 0)
    }
}

@Suite struct CollectedBytesTests {
    @Test func aPieceHasAllThatWasCollectedInOneBufferOfItsOwn() throws {
        var collected = CollectedBytes()
        for text in ["ab", "c", "def"] {
            var bytes = ByteBuffer(string: text)
            collected.take(&bytes)
            #expect(bytes.readableBytes == 0)
        }
        #expect(collected.byteCount == 6)
        let taken = collected.takePiece()
        let piece = try #require(taken)
        #expect(String(buffer: piece.chunk) == "6\r\nabcdef\r\n")
        let more = collected.takePiece()
        #expect(more?.byteCount == nil)
    }

    @Test func aFullPieceFillsItsStorage() throws {
        var collected = CollectedBytes()
        var bytes = ByteBuffer(repeating: 7, count: EncodedPiece.maximumByteCount + 1)
        collected.take(&bytes)
        #expect(collected.isFull)
        #expect(bytes.readableBytes == 1)
        let taken = collected.takePiece()
        let piece = try #require(taken)
        #expect(piece.chunk.readableBytes == piece.chunk.storageCapacity)
    }

    @Test func manyBuffersAreFullBeforeTheyHoldMuchMemory() {
        var collected = CollectedBytes()
        var count = 0
        while !collected.isFull, count < 1000 {
            var byte = ByteBuffer(string: "x")
            collected.take(&byte)
            count += 1
        }
        #expect(count == 256)
    }
}
