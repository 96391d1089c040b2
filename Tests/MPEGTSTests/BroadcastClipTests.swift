import Foundation
import MPEGTS
import Testing
import TrickleTesting

@Suite(
    "Clips from broadcasts",
    .enabled(
        if: FFmpegCommand.media != nil, "the folder shared/media is not beside the package; TRICKLE_MEDIA names another"
    ))
struct BroadcastClipTests {
    private func clip(_ name: String) throws -> [UInt8] {
        let folder = try #require(FFmpegCommand.media)
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    @Test(
        "Each random access point begins a segment, and every packet from the first one on comes out",
        arguments: [
            ("broadcast-h264-1080-mp2.ts", 2, 0x1000), ("broadcast-mpeg2-576-mp2.ts", 5, 2064),
            ("broadcast-hevc-2160-aac-scte35.ts", 2, 120),
        ] as [(String, Int, UInt16)])
    func clips(name: String, segmentCount: Int, mapPID: UInt16) throws {
        let bytes = try clip(name)
        let recording = try TSRecording(bytes)
        #expect(recording.segments.count == segmentCount)
        #expect(recording.segmentsWithoutTables(mapPID: PID(mapPID)) == [])
        #expect(recording.notices == [])
        let comparison = TSComparison(output: recording.bytes, input: bytes, renumbered: [.pat, PID(mapPID)])
        #expect(comparison.difference == nil)
        #expect(TSComparison.continuityErrors(recording.bytes) == [:])
        for pieceSizes in [[188], [1000, 7], [65_536]] {
            #expect(try TSRecording(bytes, pieceSizes: pieceSizes).difference(from: recording) == nil)
        }
    }

    @Test(
        "Each segment decodes alone, without a message",
        .enabled(if: FFmpegCommand.isInstalled, "ffmpeg and ffprobe are not installed"),
        arguments: ["broadcast-h264-1080-mp2.ts", "broadcast-mpeg2-576-mp2.ts", "broadcast-hevc-2160-aac-scte35.ts"])
    func decoding(name: String) async throws {
        let ffmpeg = try FFmpegCommand()
        let segments = try TSRecording(clip(name)).segments
        // The MPEG-2 clip ends within a picture, which no decoder takes without a message.
        for segment in name.contains("mpeg2") ? segments.dropLast() : segments[...] {
            let file = try ffmpeg.write(segment.bytes, to: "segment-\(segment.start.index).ts")
            let result = try await ffmpeg.run(
                "ffmpeg", ["-v", "error", "-i", file, "-map", "0:v", "-f", "framemd5", "-"])
            #expect(result.messages == "", "segment \(segment.start.index)")
        }
    }

    @Test(
        "From the start on, the segments together decode to the frames of the clip; ffprobe's keyframes begin segments",
        .enabled(if: FFmpegCommand.isInstalled, "ffmpeg and ffprobe are not installed"),
        arguments: ["broadcast-h264-1080-mp2.ts", "broadcast-mpeg2-576-mp2.ts", "broadcast-hevc-2160-aac-scte35.ts"])
    func frames(name: String) async throws {
        let ffmpeg = try FFmpegCommand()
        let bytes = try clip(name)
        var configuration = GOPSegmenter.Configuration()
        configuration.startsAtFirstRandomAccessPoint = false
        let recording = try TSRecording(bytes, configuration)
        let input = try ffmpeg.write(bytes, to: "in.ts")
        let output = try ffmpeg.write(recording.bytes, to: "out.ts")
        // The clip with HEVC is so short that ffmpeg does not get to know its sound.
        let maps = name.contains("hevc") ? ["0:v"] : ["0:v", "0:a"]
        let frames = try await ffmpeg.frameHashes(input, maps: maps)
        #expect(frames.count > 20)
        #expect(try await ffmpeg.frameHashes(output, maps: maps) == frames)
        let points = recording.reasons.count { if case .randomAccessPoint = $0 { true } else { false } }
        #expect(points == (try await ffmpeg.keyframeCount(input)))
    }
}
