import Foundation
import MPEGTS
import Testing
import TrickleTesting

@Suite("Streams of real encoders", .enabled(if: FFmpegCommand.isInstalled, "ffmpeg and ffprobe are not installed"))
struct EncodedStreamTests {
    /// An encoder, and what is known of its segments.
    struct Encoding: Sendable, CustomTestStringConvertible {
        let name: String
        let arguments: String
        /// The decoder has no references for pictures at the beginning of a segment, and says so: open GOPs and intra
        /// refresh in H.264.
        var isOpen = false

        var testDescription: String { name }
    }

    static let video: [Encoding] = [
        .init(name: "x264", arguments: "-c:v libx264 -preset veryfast -g 25 -c:a aac"),
        .init(
            name: "x264, intra refresh",
            arguments: "-c:v libx264 -preset veryfast -x264-params intra-refresh=1:keyint=25 -c:a aac", isOpen: true),
        .init(
            name: "x264, open GOPs", arguments: "-c:v libx264 -x264-params open-gop=1:keyint=25 -c:a mp2", isOpen: true),
        .init(name: "x264, interlaced", arguments: "-c:v libx264 -g 25 -flags +ildct+ilme -x264-params tff=1 -c:a mp2"),
        .init(name: "x264, one long GOP", arguments: "-c:v libx264 -preset veryfast -g 1000 -sc_threshold 0 -c:a aac"),
        .init(
            name: "x264, slices and delimiters",
            arguments: "-c:v libx264 -preset veryfast -g 25 -x264-params slices=4:aud=1 -c:a ac3"),
        .init(
            name: "x265",
            arguments: "-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25:open-gop=0 -c:a aac"),
        .init(
            name: "x265, open GOPs",
            arguments: "-c:v libx265 -preset fast -x265-params log-level=none:keyint=25:open-gop=1 -c:a eac3"),
        .init(name: "MPEG-2", arguments: "-c:v mpeg2video -g 12 -bf 2 -c:a mp2"),
        .init(name: "MPEG-2, interlaced", arguments: "-c:v mpeg2video -g 12 -flags +ildct+ilme -c:a mp2"),
        .init(name: "MPEG-1", arguments: "-c:v mpeg1video -g 12 -c:a libmp3lame"),
        .init(name: "MPEG-4 part 2", arguments: "-c:v mpeg4 -g 12 -bsf:v dump_extra=freq=k -c:a mp2"),
    ]

    private func encode(_ arguments: String, hasVideo: Bool = true, with ffmpeg: FFmpegCommand) async throws -> [UInt8]
    {
        let picture = hasVideo ? "-f lavfi -i testsrc2=s=192x108:r=25:d=4 " : ""
        let line = "-v error -y \(picture)-f lavfi -i sine=f=440:d=4 \(arguments) -strict -2 -f mpegts"
        try await ffmpeg.run("ffmpeg", line.split(separator: " ").map(String.init) + [ffmpeg.path("in.ts")])
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: ffmpeg.path("in.ts"))))
    }

    private func expectDecodableSegments(
        _ recording: TSRecording, isOpen: Bool = false, hasVideo: Bool = true, with ffmpeg: FFmpegCommand
    ) async throws {
        for segment in recording.segments {
            let file = try ffmpeg.write(segment.bytes, to: "segment-\(segment.start.index).ts")
            let map = hasVideo ? "0:v" : "0:a"
            let result = try await ffmpeg.run(
                "ffmpeg", ["-v", "error", "-i", file, "-map", map, "-f", "framemd5", "-"])
            #expect(isOpen || result.messages == "", "segment \(segment.start.index)")
            // With intra refresh, a last segment that is shorter than the refresh shows no picture.
            let hasFrames = result.output.split(separator: "\n").contains { !$0.hasPrefix("#") }
            #expect(isOpen || hasFrames, "segment \(segment.start.index)")
        }
    }

    @Test(
        "Video: a segment for each keyframe, which decodes alone; together they are the same frames", arguments: video)
    func encodedVideo(encoding: Encoding) async throws {
        let ffmpeg = try FFmpegCommand()
        let bytes = try await encode(encoding.arguments, with: ffmpeg)
        let recording = try TSRecording(bytes, pieceSizes: [1316])
        #expect(recording.segments.count == (try await ffmpeg.keyframeCount(ffmpeg.path("in.ts"))))
        #expect(recording.segmentsWithoutTables() == [])
        #expect(recording.notices == [])
        #expect(TSComparison(output: recording.bytes, input: bytes, renumbered: [.pat, 0x1000]).difference == nil)
        #expect(TSComparison.continuityErrors(recording.bytes) == [:])
        try await expectDecodableSegments(recording, isOpen: encoding.isOpen, with: ffmpeg)
        let whole = try ffmpeg.write(recording.bytes, to: "out.ts")
        #expect(try await ffmpeg.frameHashes(whole) == ffmpeg.frameHashes(ffmpeg.path("in.ts")))
    }

    @Test(
        "Audio alone: segments of the target duration, which decode alone; together they are the same frames",
        arguments: ["aac", "aac -mpegts_flags +latm", "mp2", "libmp3lame", "ac3", "eac3", "libopus"])
    func encodedAudio(codec: String) async throws {
        let ffmpeg = try FFmpegCommand()
        let bytes = try await encode("-ar 48000 -c:a \(codec)", hasVideo: false, with: ffmpeg)
        var configuration = GOPSegmenter.Configuration()
        configuration.targetDuration = .seconds(1)
        let recording = try TSRecording(bytes, configuration, pieceSizes: [1316])
        #expect((3...5).contains(recording.segments.count))
        #expect(recording.reasons.allSatisfy { $0 == .targetDuration })
        #expect(recording.segmentsWithoutTables() == [])
        try await expectDecodableSegments(recording, hasVideo: false, with: ffmpeg)
        let whole = try ffmpeg.write(recording.bytes, to: "out.ts")
        #expect(try await ffmpeg.frameHashes(whole) == ffmpeg.frameHashes(ffmpeg.path("in.ts")))
    }

    @Test("All-intra video: a segment for each picture")
    func allIntra() async throws {
        let ffmpeg = try FFmpegCommand()
        let bytes = try await encode("-c:v libx264 -preset veryfast -g 1 -c:a aac", with: ffmpeg)
        let recording = try TSRecording(bytes)
        #expect(recording.segments.count == 100)
        #expect(recording.segmentsWithoutTables() == [])
        let whole = try ffmpeg.write(recording.bytes, to: "out.ts")
        #expect(try await ffmpeg.frameHashes(whole) == ffmpeg.frameHashes(ffmpeg.path("in.ts")))
    }

    @Test(
        "Parameter sets that the encoder wrote once are repeated, so that each segment decodes alone",
        arguments: ["h264", "hevc"])
    func parameterSetsOnce(format: String) async throws {
        let ffmpeg = try FFmpegCommand()
        let encoder =
            format == "h264"
            ? "libx264 -preset veryfast -g 25 -x264-params aud=1"
            : "libx265 -preset ultrafast -x265-params log-level=none:keyint=25:open-gop=0:bframes=0:aud=1"
        let line = "-v error -y -f lavfi -i testsrc2=s=192x108:r=25:d=4 -c:v \(encoder) -bf 0 -f \(format)"
        try await ffmpeg.run("ffmpeg", line.split(separator: " ").map(String.init) + [ffmpeg.path("raw")])
        let elementary = [UInt8](try Data(contentsOf: URL(fileURLWithPath: ffmpeg.path("raw"))))
        let isHEVC = format == "hevc"
        var stream = TSBuilder()
        for (index, unit) in AnnexB.accessUnits(elementary, isHEVC: isHEVC).enumerated() {
            if index % 10 == 0 {
                stream.pat()
                stream.pmt([.init(isHEVC ? 0x24 : 0x1B, 0x100)])
            }
            let kept = unit.filter { index == 0 || !AnnexB.isParameterSet($0, isHEVC: isHEVC) }
            let bytes = kept.flatMap { TestPicture.startCode + $0 }
            let pts = 90_000 + Int64(index) * 3600
            stream.pes(bytes, pts: pts, marks: .init(pcr: (pts - 9000) * 300))
        }
        let recording = try expectSegments(stream, tablePIDs: [.pat, 0x1000, 0x100])
        #expect(recording.segments.count == 4)
        #expect(recording.notices == [.missingParameterSets])
        try await expectDecodableSegments(recording, with: ffmpeg)
        let input = try ffmpeg.write(stream.bytes, to: "in.ts")
        let output = try ffmpeg.write(recording.bytes, to: "out.ts")
        #expect(try await ffmpeg.frameHashes(output) == ffmpeg.frameHashes(input))
        #expect(try await ffmpeg.frameHashes(output).count == 100)
    }

    @Test("Segments of segments are the same segments")
    func again() async throws {
        let ffmpeg = try FFmpegCommand()
        let first = try await TSRecording(encode("-c:v libx264 -preset veryfast -g 25 -c:a aac", with: ffmpeg))
        let second = try TSRecording(first.bytes)
        #expect(second.segments.map(\.bytes) == first.segments.map(\.bytes))
    }
}

/// NAL units of an elementary stream with start codes.
enum AnnexB {
    /// The units of each access unit, which begins with a delimiter.
    static func accessUnits(_ bytes: [UInt8], isHEVC: Bool) -> [[[UInt8]]] {
        var units: [[UInt8]] = []
        var start: Int?
        var offset = 0
        while offset + 2 < bytes.count {
            guard bytes[offset] == 0, bytes[offset + 1] == 0, bytes[offset + 2] == 1 else {
                offset += 1
                continue
            }
            if let start { units.append(trimmed(bytes[start..<offset])) }
            start = offset + 3
            offset += 3
        }
        if let start { units.append(Array(bytes[start...])) }
        return units.reduce(into: []) { result, unit in
            let isDelimiter = isHEVC ? unit[0] >> 1 & 0x3F == 35 : unit[0] & 0x1F == 9
            if isDelimiter || result.isEmpty { result.append([]) }
            result[result.count - 1].append(unit)
        }
    }

    static func isParameterSet(_ unit: [UInt8], isHEVC: Bool) -> Bool {
        isHEVC ? (32...34).contains(unit[0] >> 1 & 0x3F) : (7...8).contains(unit[0] & 0x1F)
    }

    private static func trimmed(_ unit: ArraySlice<UInt8>) -> [UInt8] {
        var unit = unit
        while unit.last == 0 { unit.removeLast() }
        return Array(unit)
    }
}
