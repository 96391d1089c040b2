import Logging
import MPEGTS
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import TrickleGateway

/// Playlists, movies and pictures of streams of which not all comes that their maps list.
@Suite(.needsFFmpegAndCurl, .serialized, .timeLimit(.minutes(TestLimit.minutes))) struct WhatComesTests {
    private let channel = try! ChannelName("cam")
    private let folder = TemporaryFolder()

    /// What viewers get of a channel.
    private struct Played {
        let playlist: MediaPlaylistText
        /// Of `live.mp4`, which may have ended before the channel.
        let movie: String
        /// Nil where there is none.
        let picture: String?
    }

    /// Publishes segments, and watches them in each way.
    private func play(_ segments: [[UInt8]]) async throws -> Played {
        try await withRelayServer(ramps: {
            Gateway($0, configuration: .unhurried, logger: Logger(label: "test"))
        }) { relay in
            let publisher = try relay.publisher(of: channel)
            let first = try publisher.nextSegment()
            try first.write(segments[0])
            let url = "http://127.0.0.1:\(relay.port)/cam"
            let viewer = try RunningTool(
                "curl", ["-sS", "--fail", "--no-buffer", "-o", folder("live.mp4"), "\(url)/live.mp4"])
            // Its ffmpeg reads from the beginning: the movie is whole.
            try await eventually { relay.window(of: .derived("mp4", from: channel)) != nil }
            try first.finish()
            for bytes in segments.dropFirst() {
                let segment = try publisher.nextSegment()
                try segment.write(bytes)
                try segment.finish()
            }
            let picture = try await RunningTool.run(
                "curl", ["-sS", "--fail", "-o", folder("picture.jpg"), "\(url)/thumbnail.jpg"])
            _ = try await PlainAnswer.to("/cam/index.m3u8", of: relay)
            publisher.close()
            let result = try await viewer.finish()
            #expect(result.status.isSuccess, "\(result.errors)")
            return Played(
                playlist: try await endedPlaylist(of: relay), movie: folder("live.mp4"),
                picture: picture.status.isSuccess ? folder("picture.jpg") : nil)
        }
    }

    /// The playlist of the channel, once that has ended.
    private func endedPlaylist(of relay: RelayServer) async throws -> MediaPlaylistText {
        var playlist = MediaPlaylistText("")
        try await eventually {
            let answer = try await PlainAnswer.to("/cam/index.m3u8", of: relay)
            // A channel that is gone has no playlist any more, however long one asks.
            try #require(answer.status != 404)
            playlist = MediaPlaylistText(answer.text)
            return playlist.isEnded
        }
        #expect(playlist.problems == [])
        return playlist
    }

    // MARK: What is in a file

    private func probe(_ path: String, _ entries: String) async throws -> [String] {
        let result = try await RunningTool.run(
            "ffprobe", ["-v", "error", "-show_entries", entries, "-of", "csv=p=0", path])
        return result.outputText.split(separator: "\n").map(String.init)
    }

    private func size(_ path: String) async throws -> String? {
        try await probe(path, "stream=width,height").first { $0.contains(",") }
    }

    private func codecs(_ path: String) async throws -> [String] { try await probe(path, "stream=codec_name") }

    /// Of its sound, which is a tone.
    private func frequency(_ path: String) async throws -> Int {
        let result = try await RunningTool.run(
            "ffmpeg", ["-v", "error", "-i", path, "-map", "0:a:0", "-ac", "1", "-ar", "8000", "-f", "s16le", "-"])
        let bytes = result.output
        let samples = stride(from: 0, to: bytes.count - 1, by: 2).map {
            Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
        }
        let crossings = zip(samples, samples.dropFirst()).count { ($0 < 0) != ($1 < 0) }
        return crossings * 8000 / max(samples.count, 1) / 2
    }

    // MARK: Streams that were made

    /// A clip without the packets of a PID that `isKept` refuses; the maps stay.
    private func clip(_ bytes: [UInt8], without pid: PID, isKept: (_ place: Double) -> Bool = { _ in false }) -> [UInt8]
    {
        var kept: [UInt8] = []
        for offset in stride(from: 0, to: bytes.count, by: TransportPacket.size) {
            let packet = bytes[offset..<offset + TransportPacket.size]
            let packetPID = UInt16(packet[offset + 1] & 0x1F) << 8 | UInt16(packet[offset + 2])
            if PID(packetPID) != pid || isKept(Double(offset) / Double(bytes.count)) { kept += packet }
        }
        return kept
    }

    private func segments(_ bytes: [UInt8], program: UInt16? = nil) throws -> [[UInt8]] {
        var configuration = GOPSegmenter.Configuration()
        if let program { configuration.program = .number(program) }
        return try TSRecording(bytes, configuration).segments.map(\.bytes)
    }

    /// 8 s of pictures and a tone of 440 Hz, on the PIDs 256 and 257.
    private func bytesOfClip() async throws -> [UInt8] {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 8, gop: 50)
        return try #require(TemporaryFolder.contents(of: folder("clip.ts")))
    }

    @Test func `a video that never comes: the sound is played`() async throws {
        let played = try await play(segments(clip(bytesOfClip(), without: 256)))
        #expect(played.playlist.targetDuration <= 3)
        #expect(played.playlist.segments.count >= 4)
        #expect(played.playlist.hasIndependentSegments)
        #expect(try await codecs(played.movie) == ["aac"])
        #expect(played.picture == nil)
    }

    @Test func `sound that never comes: the pictures are played`() async throws {
        let played = try await play(segments(clip(bytesOfClip(), without: 257)))
        #expect(played.playlist.segments.map(\.duration) == [2, 2, 2, 2])
        #expect(try await codecs(played.movie) == ["h264"])
        #expect(try await size(#require(played.picture)) == "320,180")
        #expect(try await FrameDigests(of: played.movie).videoCount == 200)
    }

    @Test func `sound that comes late: the pictures are played, and with the sound another movie begins`() async throws
    {
        let played = try await play(segments(clip(bytesOfClip(), without: 257) { $0 > 0.6 }))
        #expect(played.playlist.segments.map(\.duration) == [2, 2, 2, 2])
        #expect(try await codecs(played.movie) == ["h264"])
        let count = try await FrameDigests(of: played.movie).videoCount
        #expect(count > 0 && count < 200)
    }

    @Test(arguments: ["aac", "mp2"])
    func `radio before television: picture and sound are of one program`(codec: String) async throws {
        let result = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "sine=frequency=1000:duration=6", "-f", "lavfi",
                "-i", "testsrc2=size=320x180:rate=25:duration=6", "-f", "lavfi", "-i", "sine=frequency=440:duration=6",
                "-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-g", "50", "-pix_fmt", "yuv420p", "-c:a",
                codec, "-program", "program_num=1:st=0", "-program", "program_num=2:st=1:st=2", folder("radio.ts"),
            ])
        #expect(result.status.isSuccess, "\(result.errors)")
        let played = try await play(segments(try #require(TemporaryFolder.contents(of: folder("radio.ts")))))
        #expect(try await codecs(played.movie) == ["h264", "aac"])
        #expect(abs(try await frequency(played.movie) - 440) < 20)
        #expect(try await size(#require(played.picture)) == "320,180")
        #expect(played.playlist.segments.map(\.duration) == [2, 2, 2])
    }

    @Test(arguments: [(1, "320,180", 440), (2, "640,360", 1000)])
    func `of two television programs, the one is played that the segments are cut for`(
        program: Int, size: String, frequency: Int
    ) async throws {
        let result = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=6", "-f",
                "lavfi", "-i", "sine=frequency=440:duration=6", "-f", "lavfi", "-i",
                "testsrc2=size=640x360:rate=25:duration=6", "-f", "lavfi", "-i", "sine=frequency=1000:duration=6",
                "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:v", "libx264", "-g:v:0", "40", "-g:v:1", "50",
                "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", "-program", "program_num=1:st=0:st=1",
                "-program", "program_num=2:st=2:st=3", folder("two.ts"),
            ])
        #expect(result.status.isSuccess, "\(result.errors)")
        let bytes = try #require(TemporaryFolder.contents(of: folder("two.ts")))
        let played = try await play(segments(bytes, program: UInt16(program)))
        #expect(try await self.size(played.movie) == size)
        #expect(abs(try await self.frequency(played.movie) - frequency) < 20)
        #expect(try await self.size(#require(played.picture)) == size)
        #expect(played.playlist.hasIndependentSegments)
        let durations = played.playlist.segments.map(\.duration)
        #expect(durations.first == (program == 1 ? 1.6 : 2))
    }

    // MARK: Inputs that once failed

    private static var needsCases: ConditionTrait {
        .enabled(
            if: TestMedia.cases != nil,
            "there are no inputs that once failed: set TRICKLE_CASES, or put them at ../shared/cases")
    }

    private func bytes(ofCase name: String) throws -> [UInt8] {
        try #require(TemporaryFolder.contents(of: "\(TestMedia.cases ?? "")/\(name)"))
    }

    /// What a case's viewers get.
    struct Expectation: Sendable {
        let name: String
        var program: UInt16?
        let codecs: [String]
        var size: String?
        var frequency: Int?
        var discontinuityCount = 0
    }

    @Test(
        needsCases,
        arguments: [
            Expectation(name: "video-never.ts", codecs: ["aac"]),
            Expectation(name: "audio-never.ts", codecs: ["h264"], size: "320,180"),
            Expectation(name: "audio-late.ts", codecs: ["h264"], size: "320,180"),
            Expectation(name: "mpts-radio-aac-first.ts", codecs: ["h264", "aac"], size: "320,180", frequency: 440),
            Expectation(name: "mpts-radio-first.ts", codecs: ["h264", "aac"], size: "320,180", frequency: 440),
            Expectation(name: "mpts-two.ts", program: 2, codecs: ["h264", "aac"], size: "640,360"),
            Expectation(name: "res-change.ts", codecs: ["h264", "aac"], size: "320,180", discontinuityCount: 1),
            Expectation(name: "sample_dts_hd_ma.ts", codecs: ["aac"]),
            Expectation(name: "ac3-unaligned.ts", codecs: ["aac"]),
            Expectation(name: "no-pts.ts", codecs: ["h264"], size: "320,180"),
        ])
    func `each case plays`(expected: Expectation) async throws {
        let played = try await play(segments(bytes(ofCase: expected.name), program: expected.program))
        #expect(try await codecs(played.movie) == expected.codecs)
        #expect(try await size(played.movie) == expected.size)
        if let frequency = expected.frequency { #expect(abs(try await self.frequency(played.movie) - frequency) < 20) }
        #expect((played.picture == nil) == (expected.size == nil))
        #expect(played.playlist.segments.count { $0.isDiscontinuous } == expected.discontinuityCount)
        #expect(!played.playlist.segments.isEmpty)
    }

    @Test(needsCases) func `a stream whose segments are single pictures is listed to its last one`() async throws {
        let segments = try segments(bytes(ofCase: "sample_h264_iframes_only.ts"))
        #expect(segments.count == 30)
        let playlist = try await list(segments)
        #expect(playlist.segments.last?.number == 29)
        #expect(playlist.segments.allSatisfy { abs($0.duration - 1.0 / 30) < 0.001 })
    }

    @Test func `a stream with time stamps on its keyframes only is listed to its last segment, with each picture`()
        async throws
    {
        var bytes = try await bytesOfClip()
        var count = 0
        for offset in stride(from: 0, to: bytes.count, by: TransportPacket.size) {
            let header = PacketHeader(bytes.span.bytes, at: offset)
            let field = AdaptationField(bytes.span.bytes, at: offset)
            guard header.pid == 256, header.payloadUnitStartIndicator, !field.randomAccessIndicator else { continue }
            // The flags of PTS and DTS; what they stood for becomes stuffing.
            let start = offset + header.payloadOffset
            bytes[start + 7] &= 0x3F
            for index in 0..<Int(bytes[start + 8]) { bytes[start + 9 + index] = 0xFF }
            count += 1
        }
        #expect(count == 196)
        let segments = try segments(bytes)
        #expect(segments.count == 4)
        let playlist = try await list(segments)
        #expect(playlist.segments.map(\.number) == [0, 1, 2, 3])
        #expect(playlist.segments.allSatisfy { abs($0.duration - 2) < 0.3 }, "\(playlist.segments.map(\.duration))")
        TemporaryFolder.write(segments.joined(), to: folder("out.ts"))
        #expect(try await FrameDigests(of: folder("out.ts")).videoCount == 200)
    }

    /// The playlist of a channel of these segments, which has ended.
    private func list(_ segments: [[UInt8]]) async throws -> MediaPlaylistText {
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: Logger(label: "test")) }) {
            relay in
            let publisher = try relay.publisher(of: channel)
            for bytes in segments {
                let segment = try publisher.nextSegment()
                try segment.write(bytes)
                try segment.finish()
            }
            _ = try await PlainAnswer.to("/cam/index.m3u8", of: relay)
            publisher.close()
            return try await endedPlaylist(of: relay)
        }
    }
}
