import Testing
import TrickleTesting

@testable import MPEGTS

/// What a scan and what it finds take of memory.
@Suite struct StorageByteCountTests {
    /// A scan of a stream that lists and maps so many programs, 100 streams each.
    private func scan(programCount: Int) -> SegmentScan {
        var stream = TSBuilder()
        let numbers = (1...programCount).map { UInt16($0) }
        stream.pat(numbers.map { ($0, PID(0x1000 + $0)) })
        for number in numbers {
            let streams = (0..<100).map { TSBuilder.Stream(0x0F, PID(0x100 + $0)) }
            stream.pmt(streams, program: number, pid: PID(0x1000 + number))
        }
        stream.pes(TestPicture.audio(0xFFF1, size: 100), streamID: 0xC0, pts: 0)
        var scan = SegmentScan()
        scan.receive(stream.bytes.span.bytes)
        return scan
    }

    @Test func theMapsOfAllProgramsCountWhileTheyAreKept() {
        let few = scan(programCount: 10).storageByteCount
        let many = scan(programCount: 200).storageByteCount
        // A section of 516 bytes, and what has been read of it.
        #expect(many - few > 190 * (516 + 100 * MemoryLayout<ElementaryStream>.stride))
    }

    @Test func theNextSegmentKeepsTheMapOfOneProgram() {
        var scan = scan(programCount: 200)
        let map = scan.contents.program
        #expect(map?.programNumber == 1)
        scan.finish()
        #expect(scan.storageByteCount < 100 << 10)
        let next = SegmentScan(after: scan)
        #expect(next.contents.program == map)
        #expect(next.contents.tablePackets == scan.contents.tablePackets)
        #expect(next.storageByteCount < 100 << 10)
    }

    @Test func whatIsFoundCounts() {
        var contents = SegmentContents()
        #expect(contents.storageByteCount == 0)
        contents = scan(programCount: 1).contents
        #expect(contents.storageByteCount >= contents.tablePackets.count + 100 * MemoryLayout<ElementaryStream>.stride)
        let before = contents.storageByteCount
        let unit = SegmentContents.Unit(offset: 0, hasTables: false)
        contents.randomAccessPoints = Array(repeating: unit, count: 500)
        #expect(contents.storageByteCount >= before + 499 * MemoryLayout<SegmentContents.Unit>.stride)
        contents.forgetPlaces()
        #expect(contents.storageByteCount < before)
    }
}
