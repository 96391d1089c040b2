import CommandFrame
import MPEGTS
import Synchronization
import Testing
import TrickleKit
import TrickleTesting

@testable import Publishing

@Suite struct SourceStreamTests {
    /// Keeps the segments that it is given.
    private final class Recording: Sendable {
        struct Segment: Equatable {
            var bytes: [UInt8] = []
            var hasEnded = false
        }

        let segments = Mutex<[Segment]>([])
    }

    private struct RecordingOutlet: SegmentOutlet {
        let recording: Recording
        var sequence: SequenceNumber? { nil }
        var droppedCount: Int { 0 }

        func begin() {
            finish()
            recording.segments.withLock { $0.append(.init()) }
        }

        func write(_ bytes: [UInt8]) { recording.segments.withLock { $0[$0.count - 1].bytes += bytes } }

        func finish() {
            recording.segments.withLock { if !$0.isEmpty { $0[$0.count - 1].hasEnded = true } }
        }
    }

    private func session() throws -> ToolSession {
        ToolSession(tool: "test", options: try LogOptions.parse(["--quiet"]))
    }

    /// Two pictures of one program, each a segment.
    private func clip(program: UInt16 = 1) -> [UInt8] {
        var builder = TSBuilder()
        for picture in 0..<2 as Range<Int64> {
            builder.pat([(program, 0x1000)])
            builder.pmt([.init(0x1B, 0x100)], program: program)
            builder.pes(
                TestPicture.h264(.idr, size: 500), pts: picture * 3600, marks: .init(pcr: picture * 3600 * 300))
        }
        return builder.bytes
    }

    private func run(
        _ pieces: [[UInt8]], _ segmentation: GOPSegmenter.Configuration = .init(), isContinuation: Bool = false,
        tables: TableVersions = .init(), to recording: Recording
    ) async throws -> TableVersions {
        var stream = SourceStream(
            segmentation, .marked(isContinuation: isContinuation, tables: tables), isPaced: false,
            to: RecordingOutlet(recording: recording), try session())
        do {
            for piece in pieces { try await stream.perform(try stream.receive(piece)) }
        } catch {
            try await stream.finish()
            throw error
        }
        try await stream.finish()
        return try #require(stream.tables)
    }

    @Test func `a source that ends in the middle of a packet leaves whole packets, and segments that have ended`()
        async throws
    {
        let recording = Recording()
        let bytes = clip()
        _ = try await run([Array(bytes.dropLast(100))], to: recording)
        let segments = recording.segments.withLock { $0 }
        #expect(segments.count == 2)
        #expect(segments.allSatisfy { $0.hasEnded && $0.bytes.count.isMultiple(of: TransportPacket.size) })
        #expect(segments.map(\.bytes).joined().elementsEqual(bytes.dropLast(TransportPacket.size)))
    }

    @Test func `a source that lacks the program publishes nothing`() async throws {
        let recording = Recording()
        var segmentation = GOPSegmenter.Configuration()
        segmentation.program = .number(7)
        await #expect(throws: SourceFailure("there is no program 7 in the input; its programs: 3")) {
            _ = try await run([clip(program: 3)], segmentation, to: recording)
        }
        #expect(recording.segments.withLock { $0.isEmpty })
    }

    @Test func `a source that is no transport stream publishes nothing, and says what it looks like`() async throws {
        let recording = Recording()
        let failure = await #expect(throws: SourceFailure.self) {
            _ = try await run([Array("<!DOCTYPE html><html>404</html>".utf8)], to: recording)
        }
        #expect(failure?.reason.contains("not MPEG-TS") == true)
        #expect(recording.segments.withLock { $0.isEmpty })
    }

    @Test func `a stream after another is marked, and its tables count on`() async throws {
        let recording = Recording()
        let tables = try await run([clip()], to: recording)
        _ = try await run([clip()], isContinuation: true, tables: tables, to: recording)
        let segments = recording.segments.withLock { $0.map(\.bytes) }
        #expect(segments.count == 4)
        let isMarked = segments.map { segment in
            stride(from: 0, to: segment.count, by: TransportPacket.size).contains {
                AdaptationField(segment.span.bytes, at: $0).discontinuityIndicator
            }
        }
        #expect(isMarked == [false, false, true, false])
        // The version of the association table, which a segment begins with, behind the mark if there is one.
        let versions = segments.map { segment in
            segment[PacketHeader(segment.span.bytes).payloadOffset + 1 + 5] >> 1 & 31
        }
        #expect(versions == [0, 0, 1, 1])
    }
}
