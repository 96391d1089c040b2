import AllocationCounter
import Foundation
import MPEGTS

/// Segments a file from memory, several times, and says how fast that is and what it allocates.
@main
struct SegmenterBenchmark {
    static let runCount = 7
    static let pieceSize = 1 << 20

    static func main() throws {
        guard let path = CommandLine.arguments.dropFirst().last else {
            FileHandle.standardError.write(Data("usage: segmenter-benchmark [--stdout] FILE\n".utf8))
            exit(2)
        }
        if CommandLine.arguments.contains("--stdout") { return try copy(path) }
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var best = Duration.seconds(1_000_000)
        var summary = Summary()
        var allocations = 0
        for _ in 0..<runCount {
            let before = allocation_count()
            let start = ContinuousClock.now
            summary = try segment(bytes)
            best = min(best, ContinuousClock.now - start)
            allocations = allocation_count() - before
        }
        let seconds = Double(best.components.seconds) + Double(best.components.attoseconds) / 1e18
        let packets = Double(bytes.count / TransportPacket.size)
        let rate = String(format: "%.2f GB/s", Double(bytes.count) / seconds / 1e9)
        let perThousand = String(format: "%.2f", Double(allocations) / packets * 1000)
        print(
            "\(bytes.count) bytes, \(summary.segmentCount) segments, \(summary.pieceCount) runs: \(rate) (best of \(runCount))"
        )
        let isCounted = allocation_count() >= 0
        print(
            isCounted
                ? "\(allocations) allocations, \(perThousand) per 1,000 packets" : "allocations are not counted here")
    }

    struct Summary {
        var segmentCount = 0
        var pieceCount = 0
        var byteCount = 0
    }

    private static func segment(_ bytes: [UInt8]) throws -> Summary {
        var segmenter = GOPSegmenter()
        var summary = Summary()
        func record(_ event: borrowing SegmenterEvent) {
            switch event {
            case .segmentStarted: summary.segmentCount += 1
            case .bytes(let run):
                summary.pieceCount += 1
                summary.byteCount += run.byteCount
            case .segmentEnded, .notice: break
            }
        }
        let span = bytes.span.bytes
        var offset = 0
        while offset < bytes.count {
            let end = min(offset + pieceSize, bytes.count)
            try segmenter.receive(span.extracting(offset..<end)) { record($0) }
            offset = end
        }
        try segmenter.finish { record($0) }
        return summary
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = write(STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            guard count > 0 else { exit(1) }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads the file and writes all segments to stdout, as `cat` would.
    private static func copy(_ path: String) throws {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { throw CocoaError(.fileReadNoSuchFile) }
        var segmenter = GOPSegmenter()
        func emit(_ event: borrowing SegmenterEvent) {
            switch event {
            case .bytes(let run): run.withUnsafeBytes(writeAll)
            case .segmentStarted, .segmentEnded, .notice: break
            }
        }
        var buffer = [UInt8](repeating: 0, count: 128 << 10)
        while true {
            let count = read(file, &buffer, buffer.count)
            guard count > 0 else { break }
            try segmenter.receive(buffer.span.bytes.extracting(0..<count)) { emit($0) }
        }
        try segmenter.finish { emit($0) }
    }
}
