import Logging
import MPEGTS
import NIOCore
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import MediaIndex
@testable import TrickleGateway

/// Playlists and segments as players fetch them.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct HLSTests {
    private let channel = try! ChannelName("cam")

    private func withGateway(
        _ change: (inout RelayConfiguration) -> Void = { _ in }, _ body: (RelayServer) async throws -> Void
    ) async throws {
        var gateway = GatewayConfiguration()
        gateway.index.idleTime = .seconds(3600)
        try await withRelayServer(
            { configuration in
                configuration.limits.drainDuration = .seconds(3600)
                // However slow the machine is, nothing goes while a test looks.
                configuration.limits.windowDuration = .seconds(3600)
                change(&configuration)
            }, ramps: { [gateway] in Gateway($0, configuration: gateway, logger: Logger(label: "test")) }, body)
    }

    private func write(_ bytes: [UInt8], to publisher: LocalPublisher) throws {
        let segment = try publisher.nextSegment()
        if !bytes.isEmpty { try segment.write(bytes) }
        try segment.finish()
    }

    private func playlist(_ query: String = "", of relay: RelayServer) async throws -> MediaPlaylistText {
        let answer = try await PlainAnswer.to("/cam/index.m3u8\(query)", of: relay)
        #expect(answer.status == 200)
        let playlist = MediaPlaylistText(answer.text)
        #expect(playlist.problems == [], "\(answer.text)")
        return playlist
    }

    @Test func aMultivariantPlaylistSaysWhatItTakesToPlayTheChannel() async throws {
        try await withGateway { relay in
            let missing = try await PlainAnswer.to("/cam/master.m3u8", of: relay)
            #expect(missing.status == 404)
            let publisher = try relay.publisher(of: channel)
            let segments = (0..<4).map { TestChannel.segment($0) }
            for bytes in segments { try write(bytes, to: publisher) }
            let answer = try await PlainAnswer.to("/cam/master.m3u8", of: relay)
            #expect(answer.status == 200)
            #expect(answer.fields["content-type"] == "application/vnd.apple.mpegurl")
            let playlist = MultivariantPlaylistText(answer.text)
            #expect(playlist.problems == [], "\(answer.text)")
            #expect(playlist.hasIndependentSegments)
            let variant = try #require(playlist.variants.first)
            #expect(variant.uri == "index.m3u8")
            // The parameter sets and the headers of TestPicture.
            #expect(variant.codecs.first == "avc1.42C01E")
            #expect(variant.codecs.count == 2 && variant.codecs.last?.hasPrefix("mp4a.40.") == true)
            #expect(variant.resolution == "640x128")
            #expect(variant.frameRate == 25)
            let bits = segments.map { $0.count * 8 }
            #expect(variant.averageBandwidth == (bits.reduce(0, +) + 7) / 8)
            #expect(variant.bandwidth == bits.max()! / 2)
        }
    }

    @Test func aPlaylistListsWhatTheRelayKeeps() async throws {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            for number in 0..<4 { try write(TestChannel.segment(number), to: publisher) }
            let answer = try await PlainAnswer.to("/cam/index.m3u8", of: relay)
            #expect(answer.fields["content-type"] == "application/vnd.apple.mpegurl")
            #expect(answer.fields["cache-control"] == "no-cache")
            #expect(answer.fields["access-control-allow-origin"] == "*")
            let playlist = MediaPlaylistText(answer.text)
            #expect(playlist.problems == [])
            #expect(playlist.segments.map(\.number) == [0, 1, 2, 3])
            #expect(playlist.segments.map(\.duration) == [2, 2, 2, 2])
            #expect(playlist.targetDuration == 2)
            #expect(playlist.hasIndependentSegments)
            #expect(!playlist.isEnded)
            let head = try await PlainAnswer.to("/cam/index.m3u8", method: "HEAD", of: relay)
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.fields["content-length"] == answer.fields["content-length"])
        }
    }

    @Test func segmentsAndTheirPartsAreTheRelaysBytes() async throws {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            try write(TestChannel.segment(0), to: publisher)
            let open = try publisher.nextSegment()
            let bytes = TestChannel.segment(1)
            try open.write(bytes[..<TestChannel.offset(ofPicture: 30)])
            let listed = try #require(try await playlist(of: relay).segments.first)
            let whole = try await PlainAnswer.to("/cam/\(listed.uri)", of: relay)
            #expect(whole.body == TestChannel.segment(0))
            #expect(whole.fields["content-type"] == "video/mp2t")
            #expect(whole.fields["cache-control"]?.contains("immutable") == true)
            let playlist = try await playlist("?_HLS_msn=1&_HLS_part=1", of: relay)
            #expect(playlist.openParts.count == 2)
            var joined: [UInt8] = []
            for part in playlist.openParts {
                let (offset, count) = (try #require(part.offset), try #require(part.byteCount))
                let answer = try await PlainAnswer.to(
                    "/cam/\(part.uri)", fields: ["Range: bytes=\(offset)-\(offset + count - 1)"], of: relay)
                #expect(answer.status == 206)
                #expect(answer.fields["cache-control"] == "no-store")
                joined += answer.body
            }
            #expect(joined == Array(bytes[..<joined.count]))
            // What is hinted at streams to the end of the segment.
            let hint = try #require(playlist.hint)
            let offset = joined.count
            #expect(hint.offset == offset)
            async let rest = PlainAnswer.to(
                "/cam/\(hint.uri)", fields: ["Range: bytes=\(offset)-9007199254740991"], of: relay)
            try await relay.tells("trickle_subscribers 2")
            try open.write(bytes[TestChannel.offset(ofPicture: 30)...])
            try open.finish()
            #expect(try await rest.body == Array(bytes[offset...]))
        }
    }

    @Test func whatIsNotThereIsSaidInALine() async throws {
        try await withGateway { relay in
            try write(Array("words".utf8), to: try relay.publisher(of: ChannelName("text")))
            let publisher = try relay.publisher(of: channel)
            try write(TestChannel.segment(0), to: publisher)
            for (target, status, words) in [
                ("/none/index.m3u8", 404, "no channel 'none'"), ("/text/index.m3u8", 404, "no MPEG-TS"),
                ("/none/0.ts", 404, "no channel"), ("/cam/7.ts", 404, "segment 7"),
                ("/cam/index.m3u8?_HLS_part=1", 400, "_HLS_msn"), ("/cam/index.m3u8?_HLS_msn=x", 400, "no number"),
                ("/cam/index.m3u8?_HLS_msn=3", 400, "the last segment is 0"),
                ("/cam/index.m3u8?_HLS_msn=-1", 400, "no number"),
            ] {
                let answer = try await PlainAnswer.to(target, of: relay)
                #expect(answer.status == status, "\(target)")
                #expect(answer.text.contains(words), "\(target): \(answer.text)")
                #expect(answer.text.split(separator: "\n").count == 1)
            }
        }
    }

    @Test func aPlayerWaitsForAChannelsFirstSegment() async throws {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            let open = try publisher.nextSegment()
            try open.write(TestChannel.segment(0))
            async let first = playlist(of: relay)
            try await relay.tells("trickle_subscribers 1")
            try open.finish()
            #expect(try await first.segments.map(\.number) == [0])
        }
    }

    @Test func aSegmentThatDoesNotBeginWithARandomAccessPointIsNotSaidTo() async throws {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            try write(TestChannel.segment(0), to: publisher)
            try write(Array(TestChannel.segment(1).dropFirst(TestChannel.offset(ofPicture: 1))), to: publisher)
            #expect(try await !playlist(of: relay).hasIndependentSegments)
        }
    }

    @Test func aPlaylistBeginsWithSomethingToPlay() async throws {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            // Tables alone, as a publisher sends them that begins in the middle of a group of pictures.
            try write(Array(TestChannel.segment(0)[..<376]), to: publisher)
            try write(TestChannel.segment(0), to: publisher)
            try write(TestChannel.segment(1), to: publisher)
            let playlist = try await playlist(of: relay)
            #expect(playlist.mediaSequence == 1)
            #expect(playlist.segments.map(\.isGap) == [false, false])
        }
    }

    @Test func aChannelOfSoundAloneHasAPlaylist() async throws {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            for number in 0..<3 {
                var stream = TSBuilder()
                stream.pat()
                stream.pmt([.init(0x0F, 0x101)], pcrPID: 0x101)
                // 50 frames of 1,024 samples at 48 kHz.
                for index in 0..<50 {
                    stream.pes(
                        TestPicture.audio(0xFFF1), pid: 0x101, streamID: 0xC0, pts: Int64(number * 50 + index) * 1920,
                        isBounded: true)
                }
                try write(stream.bytes, to: publisher)
            }
            let playlist = try await playlist(of: relay)
            #expect(playlist.segments.map(\.duration) == [1.06667, 1.06667, 1.06667])
            #expect(playlist.hasIndependentSegments)
            #expect(playlist.segments.last?.parts.count == 2)
        }
    }

    @Test func aSegmentOfOnePictureIsListedWhenTheNextTellsHowLongItLasts() async throws {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            for number in 0..<4 {
                var stream = TSBuilder()
                stream.pat()
                stream.pmt([.init(0x1B, 0x100)])
                stream.pes(TestPicture.h264(.idr), pts: Int64(number) * 90_000)
                try write(stream.bytes, to: publisher)
            }
            let playlist = try await playlist(of: relay)
            #expect(playlist.segments.map(\.duration) == [1, 1, 1])
        }
    }

    @Test func aChannelThatBeginsAnewHasANewPlaylist() async throws {
        try await withGateway { relay in
            let old = try relay.publisher(of: channel)
            for number in 0..<3 { try write(TestChannel.segment(number), to: old) }
            let first = try await playlist(of: relay).segments
            #expect(first.count == 3)
            old.close()
            #expect(try await playlist(of: relay).isEnded)
            try write(TestChannel.segment(0), to: try relay.publisher(of: channel))
            let new = try await playlist(of: relay)
            #expect(new.segments.map(\.number) == [0])
            #expect(!new.isEnded)
            try await expectAnotherURI(than: first, in: new, of: relay)
        }
    }

    @Test func aPublisherThatBeginsToCountAnewHasANewPlaylist() async throws {
        try await withGateway {
            $0.limits.windowCount = 2
            $0.limits.windowDuration = .zero
        } _: { relay in
            let publisher = try relay.publisher(of: channel)
            for number in 0..<5 { try write(TestChannel.segment(number), to: publisher) }
            let old = try await playlist(of: relay).segments
            #expect(old.last?.number == 4)
            publisher.release(.leave)
            try await PlainClient.with(relay) { try await $0.post(TestChannel.segment(100), to: "/cam/0") }
            let new = try await playlist(of: relay)
            #expect(new.segments.map(\.number) == [0])
            #expect(new.discontinuitySequence == 0)
            try await expectAnotherURI(than: old, in: new, of: relay)
        }
    }

    /// A cache keeps the old segment of that number under the old name; the relay has it no longer.
    private func expectAnotherURI(
        than old: [MediaPlaylistText.Segment], in new: MediaPlaylistText, of relay: RelayServer
    ) async throws {
        let uri = try #require(new.segments.first?.uri)
        #expect(!old.map(\.uri).contains(uri))
        let kept = try await PlainAnswer.to("/cam/\(uri)", of: relay)
        #expect(kept.fields["cache-control"]?.contains("immutable") == true)
        #expect(try await PlainAnswer.to("/cam/0.ts", of: relay).fields["cache-control"] == "no-store")
        let before = try #require(old.first?.uri.split(separator: "?").last)
        let gone = try await PlainAnswer.to("/cam/0.ts?\(before)", of: relay)
        #expect(gone.status == 404)
        #expect(gone.fields["cache-control"] == "no-store")
    }

    @Test func discontinuitiesThatAreNotListedAreNotCounted() async throws {
        try await withGateway {
            $0.limits.windowCount = 4
            $0.limits.windowDuration = .zero
        } _: { relay in
            let publisher = try relay.publisher(of: channel)
            try write(TestChannel.segment(0), to: publisher)
            var before = try await playlist(of: relay)
            // Nothing, twice, is one place where time does not go on.
            for number in [nil, nil] + (1..<7).map(Optional.some) {
                try write(number.map { TestChannel.segment($0) } ?? [], to: publisher)
                let now = try await playlist("?_HLS_msn=\(before.nextNumber)", of: relay)
                #expect(now.problems(after: before) == [])
                before = now
            }
            #expect(before.mediaSequence > 3)
        }
    }

    @Test func whatCannotBePlayedIsAGap() async throws {
        try await withGateway { relay in
            let publisher = try relay.publisher(of: channel)
            try write(TestChannel.segment(0), to: publisher)
            try write(Array("words".utf8), to: publisher)
            try write(TestChannel.segment(2), to: publisher)
            try write([], to: publisher)
            try write(TestChannel.segment(3), to: publisher)
            try write(TestChannel.segment(4), to: publisher)
            let playlist = try await playlist(of: relay)
            #expect(playlist.segments.map(\.isGap) == [false, true, false, true, false, false])
            #expect(playlist.segments.map(\.isDiscontinuous) == [false, false, true, false, true, false])
        }
    }

    @Test func aPlaylistListsHalfOfWhatIsKeptSoThatTheRestStaysFetchable() async throws {
        var reading = SegmentReading(wantedPartDuration: 18_000)
        for number in 0..<20 {
            reading.begin(try #require(SequenceNumber("\(number)")), id: nil)
            reading.receive(TestChannel.segment(number).span.bytes, now: .zero)
            reading.end(.complete)
        }
        var live = LivePlaylist(LivePlaylist.Keeping(RelayLimits()))
        let listed = live.update(
            ChannelIndex.Snapshot(
                segments: reading.segments, isClosed: false, partTarget: nil, version: 0, restartCount: 0,
                generation: "a-1-0"))
        // All 40 s are kept for 30 s: 14 s can be listed and stay as long again, and a segment more.
        #expect(listed?.entries.map(\.number.value) == Array(13..<20))
        try await withGateway {
            $0.limits.windowDuration = .zero
        } _: { relay in
            let publisher = try relay.publisher(of: channel)
            for number in 0..<20 { try write(TestChannel.segment(number), to: publisher) }
            // Five are kept: never less than three target durations are listed.
            #expect(try await playlist(of: relay).segments.map(\.number) == [17, 18, 19])
        }
        try await withGateway {
            $0.limits.windowCount = .max
            $0.limits.windowByteCount = 1 << 53
        } _: { relay in
            let publisher = try relay.publisher(of: channel)
            for number in 0..<20 { try write(TestChannel.segment(number), to: publisher) }
            // All are kept for ever.
            #expect(try await playlist(of: relay).segments.map(\.number) == Array(0..<20))
        }
    }

    @Test func aPlayerThatKnowsThePlaylistGetsWhatIsNew() async throws {
        try await withGateway {
            $0.limits.windowDuration = .seconds(3600)
        } _: { relay in
            let publisher = try relay.publisher(of: channel)
            for number in 0..<30 { try write(TestChannel.segment(number), to: publisher) }
            let whole = try await playlist(of: relay)
            let delta = try await playlist("?_HLS_skip=YES", of: relay)
            #expect(delta.skippedCount > 0)
            #expect(delta.mediaSequence == whole.mediaSequence)
            #expect(delta.segments == Array(whole.segments.dropFirst(delta.skippedCount)))
            // Six target durations are told in any case.
            #expect(delta.segments.reduce(0) { $0 + $1.duration } >= 12)
        }
    }
}
