import Logging
import MPEGTS
import NIOCore
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import TrickleGateway

/// A player that reloads with each part, over a channel to which everything happens.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct LowLatencyTests {
    private let channel = try! ChannelName("cam")

    /// Follows the playlist part by part, and holds each answer to the rules.
    private struct Player {
        let relay: RelayServer
        private(set) var playlist: MediaPlaylistText
        private(set) var playlistCount = 1
        /// Everything that was ever listed, by number.
        private(set) var durations: [Int: Double] = [:]
        private(set) var discontinuities: Set<Int> = []
        private(set) var gaps: Set<Int> = []
        private var dates: [Int: String] = [:]

        init(_ relay: RelayServer) async throws {
            self.relay = relay
            playlist = try await Self.fetch("", relay)
            note()
        }

        private static func fetch(_ query: String, _ relay: RelayServer) async throws -> MediaPlaylistText {
            let answer = try await PlainAnswer.to("/cam/index.m3u8\(query)", of: relay)
            #expect(answer.status == 200, "\(query): \(answer.text)")
            let playlist = MediaPlaylistText(answer.text)
            #expect(playlist.problems == [], "\(query): \(answer.text)")
            return playlist
        }

        /// Waits for the part behind the last.
        mutating func reload() async throws {
            let wanted = (number: playlist.nextNumber, part: playlist.openParts.count)
            let next = try await Self.fetch("?_HLS_msn=\(wanted.number)&_HLS_part=\(wanted.part)", relay)
            #expect(next.problems(after: playlist) == [])
            let hasCome = next.nextNumber > wanted.number || next.openParts.count > wanted.part || next.isEnded
            #expect(hasCome, "part \(wanted) was waited for")
            playlist = next
            playlistCount += 1
            note()
        }

        private mutating func note() {
            for segment in playlist.segments {
                if segment.isGap { gaps.insert(segment.number) } else { durations[segment.number] = segment.duration }
                // Whenever it is listed, it is the same.
                if !segment.isGap {
                    #expect(segment.date != nil)
                    if let before = dates[segment.number] { #expect(segment.date == before) }
                    dates[segment.number] = segment.date
                }
                if segment.isDiscontinuous { discontinuities.insert(segment.number) }
            }
        }
    }

    /// Writes a segment in pieces of some pictures, so that a player sees it grow.
    private func grow(
        _ writer: LocalSegmentWriter, _ bytes: [UInt8], for player: inout Player,
        pictures: Int = TestChannel.pictureCount
    ) async throws {
        var start = 0
        for picture in stride(from: 14, through: pictures, by: 13) {
            let end = TestChannel.offset(ofPicture: picture)
            let part = bytes[start..<end]
            async let isWritten: Void = { try writer.write(part) }()
            try await player.reload()
            try await isWritten
            start = end
        }
        let end = pictures == TestChannel.pictureCount ? bytes.count : TestChannel.offset(ofPicture: pictures)
        try writer.write(bytes[start..<end])
    }

    @Test func aPlayerSeesEveryPartOfAChannelWithJumpsADyingPublisherAMissingNumberAndAnEnd() async throws {
        // However slow the machine is, the channel is still looked at when the player asks again.
        var gateway = GatewayConfiguration()
        gateway.index.idleTime = .seconds(3600)
        try await withRelayServer(
            { $0.limits.drainDuration = .seconds(3600) },
            ramps: { [gateway] in Gateway($0, configuration: gateway, logger: Logger(label: "test")) }
        ) { relay in
            let publisher = try relay.publisher(of: channel)
            let first = try publisher.nextSegment()
            try first.write(TestChannel.segment(0))
            try first.finish()
            var player = try await Player(relay)
            for number in [1, 2, 3, 1000, 1001] {
                let writer = try publisher.nextSegment()
                try await grow(writer, TestChannel.segment(number), for: &player)
                try writer.finish()
                try await player.reload()
            }
            // The publisher dies in the middle of a segment; its successor has another clock.
            let dying = try publisher.nextSegment()
            try await grow(dying, TestChannel.segment(1002), for: &player, pictures: 30)
            dying.abort()
            try await player.reload()
            for number in 5000..<5005 {
                let writer = try publisher.nextSegment()
                try await grow(writer, TestChannel.segment(number), for: &player)
                try writer.finish()
                try await player.reload()
            }
            // A number is left out, which is certain when the second one behind it comes.
            try publisher.nextSegment().abort()
            for number in [5005, 5006] {
                let writer = try publisher.nextSegment()
                try writer.write(TestChannel.segment(number))
                try writer.finish()
            }
            try await player.reload()
            publisher.close()
            while !player.playlist.isEnded { try await player.reload() }
            #expect(player.gaps == [12])
            #expect(player.discontinuities == [4, 7, 13])
            #expect(player.durations.keys.sorted() == Array(0...11) + [13, 14])
            #expect(player.durations.filter { $0.value != 2 } == [6: 1.2])
            #expect(player.playlist.discontinuitySequence > 0)
            #expect(player.playlistCount > 30)
        }
    }
}
