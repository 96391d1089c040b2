import Testing
import TrickleCore
import TrickleTesting

@testable import MediaIndex

@Suite struct IndexedSegmentsTests {
    private static let kinds: [IndexedSegment] = {
        var reading = SegmentReading(wantedPartDuration: 45_000)
        reading.begin(.zero, id: nil)
        reading.receive(TestChannel.segment(0).span.bytes, now: .zero)
        reading.end(.complete)
        let whole = reading.segments[reading.segments.startIndex]
        var open = whole
        open.state = .open
        var other = IndexedSegment(number: .zero, id: nil)
        other.state = .aborted
        return [whole, open, other, IndexedSegment(number: .zero, id: nil)]
    }()

    private func segment(_ number: Int, _ kind: Int = 0) -> IndexedSegment {
        let like = Self.kinds[kind]
        var segment = IndexedSegment(number: SequenceNumber(number)!, id: nil)
        segment.state = like.state
        segment.contents = like.contents
        return segment
    }

    private func counted(_ segments: IndexedSegments) -> IndexedSegments.Counts {
        var counts = IndexedSegments.Counts()
        counts.known = segments.count { $0.contents.alignment != .unknown }
        counts.timed = segments.count { $0.contents.firstUnit != nil }
        counts.placesToBegin = segments.count { $0.isPlaceToBegin }
        counts.playable = segments.count { $0.state != .open && $0.isPlayable }
        return counts
    }

    @Test func whatIsCountedIsWhatIsThere() {
        #expect(Self.kinds[0].isPlaceToBegin && Self.kinds[0].contents.firstUnit != nil)
        var segments = IndexedSegments()
        var numbers: Set<Int> = []
        for _ in 0..<2000 {
            let number = Int.random(in: 0..<300)
            switch Int.random(in: 0..<10) {
            case 0:
                let range = max(0, number - 200)..<number
                _ = segments.keep(
                    from: SequenceNumber(range.lowerBound)!, below: SequenceNumber(range.upperBound)!)
                numbers.formIntersection(range)
            default:
                segments.put(segment(number, Int.random(in: 0..<4)))
                numbers.insert(number)
            }
            #expect(segments.counts == counted(segments))
        }
        #expect(segments.map(\.number.value) == numbers.sorted())
    }

    @Test func onlyTheNewestAreKnown() {
        var segments = IndexedSegments()
        for number in 0..<3 * IndexedSegments.maximumCount { segments.put(segment(number, 3)) }
        #expect(segments.isFull && segments.count == IndexedSegments.maximumCount)
        #expect(segments.first?.number.value == 2 * IndexedSegments.maximumCount)
        #expect(segments.counts == IndexedSegments.Counts())
    }
}
