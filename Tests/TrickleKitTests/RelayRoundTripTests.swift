import Testing
import TrickleKit
import TrickleRelay
import TrickleTesting

@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct RelayRoundTripTests {
    private let channel = try! ChannelName("cam")

    @Test func segmentsComeOutAsTheyWentIn() async throws {
        try await withRelay { relay in
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            try await publisher.open()
            let sent = (0..<4).map { patternedBytes(100_000 * $0, seed: $0 + 1) }
            async let received = Subscriber(relay: relay, channel: channel, from: .exact(0), configuration: .unhurried)
                .readAll()
            for bytes in sent {
                let segment = try await publisher.nextSegment()
                try await segment.write(bytes)
                try await segment.finish()
            }
            try await publisher.close()
            let segments = try await received
            #expect(segments.map(\.sequence) == [0, 1, 2, 3])
            #expect(segments.map(\.bytes) == sent)
            #expect(publisher.statistics.segmentsFinished == 4)
            #expect(publisher.statistics.bytesSent == 600_000)
        }
    }

    @Test func eachByteArrivesBeforeTheNextIsWritten() async throws {
        try await withRelay { relay in
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            try await publisher.open()
            let writer = try await publisher.nextSegment()
            try await writer.write([0])
            var segments = Subscriber(relay: relay, channel: channel, from: .current).makeAsyncIterator()
            let segment = try #require(try await segments.next())
            var body = segment.body.makeAsyncIterator()
            #expect(try await body.next() == [0])
            for byte in 1..<UInt8(50) {
                try await writer.write([byte])
                #expect(try await body.next() == [byte])
            }
            try await writer.finish()
            #expect(try await body.next() == nil)
            try await publisher.close()
            #expect(try await segments.next() == nil)
        }
    }

    /// On a busy machine the relay sees late that the publisher before has gone.
    private func publisherOnceItIsFree(of relay: RelayURL) async throws -> Publisher {
        while true {
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            do {
                try await publisher.open()
                return publisher
            } catch let error as TrickleError where error.code == .channelTaken {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test func aSecondPublisherContinuesTheNumbering() async throws {
        try await withRelay { relay in
            for run in 0..<2 {
                let publisher = try await publisherOnceItIsFree(of: relay)
                for index in 0..<3 {
                    let segment = try await publisher.nextSegment()
                    #expect(segment.sequence.value == run * 3 + index)
                    try await segment.write([UInt8(run), UInt8(index)])
                    try await segment.finish()
                }
            }
            let subscriber = Subscriber(relay: relay, channel: channel, from: .back(3))
            var segments = subscriber.makeAsyncIterator()
            #expect(try await segments.next()?.sequence == 2)
            #expect(try await segments.next()?.sequence == 3)
        }
    }

    @Test func fiftySubscribersGetTheSameBytes() async throws {
        try await withRelay { relay in
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            try await publisher.open()
            let sent = (0..<5).map { patternedBytes(200_000, seed: $0 + 1) }
            try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await Subscriber(relay: relay, channel: channel, from: .exact(0), configuration: .unhurried)
                            .readAll().map(\.bytes)
                    }
                }
                for bytes in sent {
                    let segment = try await publisher.nextSegment()
                    for start in stride(from: 0, to: bytes.count, by: 1316) {
                        try await segment.write(bytes[start..<min(start + 1316, bytes.count)])
                    }
                    try await segment.finish()
                }
                try await publisher.close()
                for try await received in group { #expect(received == sent) }
            }
        }
    }

    @Test func aSegmentThatIsLetGoOfIsToldAsAborted() async throws {
        try await withRelay { relay in
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            try await publisher.open()
            let subscriber = Subscriber(relay: relay, channel: channel, from: .exact(0), configuration: .unhurried)
            var segments = subscriber.makeAsyncIterator()
            var writer: SegmentWriter? = try await publisher.nextSegment()
            try await writer?.write([1, 2, 3])
            let segment = try #require(try await segments.next())
            var body = segment.body.makeAsyncIterator()
            #expect(try await body.next() == [1, 2, 3])
            writer = nil
            await #expect { try await body.next() } throws: { ($0 as? TrickleError)?.code == .segmentAborted }
            let next = try await publisher.nextSegment()
            #expect(next.sequence == 1)
            try await next.write([4])
            try await next.finish()
            let following = try #require(try await segments.next())
            #expect(following.sequence == 1)
            #expect(try await following.body.readAll() == [4])
            #expect(subscriber.statistics.segmentsAborted == 1)
            #expect(!subscriber.statistics.isLossless)
            #expect(publisher.statistics.segmentsAborted == 1)
        }
    }

    @Test func aSegmentThatIsLetGoOfBeforeItsFirstByteLeavesItsNumberToTheNext() async throws {
        try await withRelay { relay in
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            try await publisher.open()
            try await publisher.nextSegment().abort()
            let segment = try await publisher.nextSegment()
            #expect(segment.sequence == 0)
            try await segment.write([1])
            try await segment.finish()
            #expect(publisher.statistics.segmentsAborted == 0)
        }
    }

    @Test func anEmptySegmentAdvancesTheNumber() async throws {
        try await withRelay { relay in
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            try await publisher.open()
            async let received = Subscriber(relay: relay, channel: channel, from: .exact(0), configuration: .unhurried)
                .readAll()
            try await publisher.nextSegment().finish()
            let segment = try await publisher.nextSegment()
            try await segment.write([7])
            segment.finishWithoutWaiting()
            try await publisher.close()
            #expect(try await received.map(\.bytes) == [[], [7]])
        }
    }

    @Test func aSubscriberWaitsForAChannelThatIsNotThereYet() async throws {
        try await withRelay { relay in
            async let received = Subscriber(
                relay: relay, channel: channel, from: .exact(0), waitForChannel: TestLimit.wait
            ).readAll()
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            try await publisher.open()
            let segment = try await publisher.nextSegment()
            try await segment.write([1])
            try await segment.finish()
            // The channel stays until the subscriber, which looks again now and then, has found it.
            try await publisher.close()
            #expect(try await received.map(\.bytes) == [[1]])
        }
    }

    @Test func anUnknownChannelIsAnErrorWithAWayOut() async throws {
        try await withRelay { relay in
            var segments = Subscriber(relay: relay, channel: channel).makeAsyncIterator()
            await #expect { try await segments.next() } throws: { error in
                let error = error as? TrickleError
                return error?.code == .channelNotFound && error?.message.contains("'cam'") == true
            }
        }
    }

    @Test func aClosedChannelEndsItsOtherPublisher() async throws {
        try await withRelay { relay in
            let id = PublisherID()
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried, id: id)
            try await publisher.open()
            let segment = try await publisher.nextSegment()
            try await segment.write([1])
            let other = Publisher(relay: relay, channel: channel, configuration: .unhurried, id: id)
            try await other.open()
            try await other.close()
            await #expect { try await segment.finish() } throws: { ($0 as? TrickleError)?.code == .channelClosed }
        }
    }

    @Test func aSubscriberThatFellOutOfTheWindowSaysWhatItSkipped() async throws {
        try await withRelay({ configuration in
            configuration.limits.windowCount = 2
            configuration.limits.windowDuration = .zero
        }) { relay in
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            try await publisher.open()
            for index in 0..<10 {
                let segment = try await publisher.nextSegment()
                try await segment.write([UInt8(index)])
                try await segment.finish()
            }
            let subscriber = Subscriber(relay: relay, channel: channel, from: .exact(0), configuration: .unhurried)
            var segments = subscriber.makeAsyncIterator()
            let segment = try #require(try await segments.next())
            #expect(segment.sequence == 9)
            #expect(segment.skipped == SkippedSegments(first: 0, count: 9))
            #expect(try await segment.body.readAll() == [9])
            #expect(subscriber.statistics.segmentsSkipped == 9)
        }
    }

    @Test func theChangefeedListsFirstAndThenTellsWhatChanges() async throws {
        try await withRelay { relay in
            let first = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            try await first.open()
            var changes = Changefeed(relay: relay).makeAsyncIterator()
            #expect(try await changes.next() == ChannelChanges(added: [channel]))
            let second = try Publisher(relay: relay, channel: ChannelName("news"))
            try await second.open()
            #expect(try await changes.next() == ChannelChanges(added: [second.channel]))
            try await first.close()
            #expect(try await changes.next() == ChannelChanges(removed: [channel]))
        }
    }

    @Test(arguments: [false, true])
    func theChangefeedGoesOnWithARelayThatHasLostItsMemory(hasToldOfAChange: Bool) async throws {
        let (elements, told) = AsyncStream<ChannelChanges>.makeStream()
        var changes = elements.makeAsyncIterator()
        let host = OwnLoopbackAddress.make()
        let (port, watching) = try await withRelay({ $0.host = host }) { relay in
            let watching = Task {
                defer { told.finish() }
                for try await element in Changefeed(relay: relay) { told.yield(element) }
            }
            #expect(await changes.next() == ChannelChanges())
            if hasToldOfAChange {
                try await Publisher(relay: relay, channel: channel, configuration: .unhurried).open()
                #expect(await changes.next() == ChannelChanges(added: [channel]))
            }
            return (relay.port, watching)
        }
        let comeBack = { (configuration: inout RelayConfiguration) in
            (configuration.host, configuration.port) = (host, port)
        }
        try await withRelay(comeBack) { relay in
            let news = try ChannelName("news")
            try await Publisher(relay: relay, channel: news).open()
            var removed: [ChannelName] = []
            while let element = await changes.next() {
                removed += element.removed
                if element.added == [news] { break }
            }
            #expect(removed == (hasToldOfAChange ? [channel] : []))
            watching.cancel()
        }
        await #expect(throws: CancellationError.self) { try await watching.value }
    }

    @Test func aReaderMayBearASilenceOfDays() async throws {
        try await withRelay { relay in
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            try await publisher.open()
            for byte: UInt8 in 0..<3 {
                let segment = try await publisher.nextSegment()
                try await segment.write([byte])
                try await segment.finish()
            }
            try await publisher.close()
            var configuration = ClientConfiguration.unhurried
            configuration.stallTimeout = .seconds(30 * 86_400)
            let subscriber = Subscriber(
                relay: relay, channel: channel, from: .exact(.zero), configuration: configuration)
            #expect(try await subscriber.readAll().map(\.bytes) == [[0], [1], [2]])
        }
    }

    @Test func aCancelledReadEndsAtOnce() async throws {
        try await withRelay { relay in
            let publisher = Publisher(relay: relay, channel: channel, configuration: .unhurried)
            try await publisher.open()
            let reader = Task { try await Subscriber(relay: relay, channel: channel).readAll() }
            reader.cancel()
            await #expect(throws: CancellationError.self) { try await reader.value }
        }
    }
}
