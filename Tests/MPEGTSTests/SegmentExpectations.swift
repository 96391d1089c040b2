import MPEGTS
import Testing
import TrickleTesting

/// Segments a stream in many ways; records an issue unless all give the same, and the packets are those of the stream.
///
/// - Returns: what the segmenter told.
@discardableResult
func expectSegments(
    _ stream: TSBuilder, _ configuration: GOPSegmenter.Configuration = .init(),
    tablePIDs: Set<PID> = [.pat, 0x1000], sourceLocation: SourceLocation = #_sourceLocation
) throws -> TSRecording {
    let recording = try expectAnyChunking(stream.bytes, configuration, sourceLocation: sourceLocation)
    let comparison = TSComparison(output: recording.bytes, input: stream.bytes, renumbered: tablePIDs)
    #expect(comparison.difference == nil, sourceLocation: sourceLocation)
    let before = TSComparison.continuityErrors(Array(stream.bytes.dropFirst(comparison.skippedCount * 188)))
    #expect(TSComparison.continuityErrors(recording.bytes) == before, sourceLocation: sourceLocation)
    return recording
}

/// The events must not depend on how the stream is cut into pieces.
@discardableResult
func expectAnyChunking(
    _ stream: [UInt8], _ configuration: GOPSegmenter.Configuration = .init(),
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> TSRecording {
    let whole = try TSRecording(stream, configuration)
    var sizes: [[Int]] = [[1], [7], [188], [189, 1, 3], [1000, 1316, 4, 50_000]]
    var random = SystemRandomNumberGenerator()
    sizes.append((0..<50).map { _ in Int.random(in: 1...3000, using: &random) })
    for pieceSizes in sizes {
        let other = try TSRecording(stream, configuration, pieceSizes: pieceSizes)
        #expect(other.difference(from: whole) == nil, "in pieces of \(pieceSizes)", sourceLocation: sourceLocation)
    }
    for segment in whole.segments {
        #expect(segment.end?.byteCount == segment.bytes.count, sourceLocation: sourceLocation)
        #expect(segment.bytes.count % 188 == 0, sourceLocation: sourceLocation)
    }
    return whole
}

extension TSRecording {
    /// Segments that do not begin with the tables.
    func segmentsWithoutTables(mapPID: PID = 0x1000) -> [Int] {
        segments.indices.filter { !segments[$0].pids.starts(with: [.pat, mapPID]) }
    }
}

/// A clip of 25 pictures a second, made of one group of pictures after the other.
func videoStream(
    groupCount: Int = 4, groupLength: Int = 10, streamType: UInt8 = 0x1B, firstPTS: Int64 = 900_000,
    tablesEvery: Int? = nil, indicatorAt: ((Int) -> Bool)? = nil,
    picture: (_ index: Int, _ isFirst: Bool) -> [UInt8] = {
        TestPicture.h264($1 ? .idr : .ordinary, size: 300 + $0 % 7 * 90)
    }
) -> TSBuilder {
    var stream = TSBuilder()
    let map = [TSBuilder.Stream(streamType, 0x100), TSBuilder.Stream(0x0F, 0x101)]
    for index in 0..<groupCount * groupLength {
        if index % (tablesEvery ?? groupLength) == 0 {
            stream.pat()
            stream.pmt(map)
        }
        let pts = firstPTS + Int64(index) * 3600
        let marks = TSBuilder.Marks(randomAccess: indicatorAt?(index) ?? false, pcr: (pts - 9000) * 300)
        stream.pes(picture(index, index % groupLength == 0), pts: pts, marks: marks)
        stream.pes(TestPicture.audio(0xFFF1), pid: 0x101, streamID: 0xC0, pts: pts, isBounded: true)
    }
    return stream
}
