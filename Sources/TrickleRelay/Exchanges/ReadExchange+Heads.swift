import NIOCore
import TrickleCore

// The heads of answers with bytes of a segment.
extension ReadExchange {
    func segmentHead(
        _ status: Int, number: SequenceNumber, next: SequenceNumber, byteCount: Int, contentType: String?, tag: String?,
        isComplete: Bool
    ) -> ResponseHead {
        let isExact = if case .exact = position { true } else { false }
        var head = ResponseHead.segment(
            status: status, number: number, next: next, byteCount: byteCount, contentType: contentType, tag: tag,
            isCacheable: isExact && (isComplete || announcedNumber != nil))
        if let rampFields { head.replace(with: rampFields) }
        return head
    }

    func wholeHead(_ segment: LaneSegment, _ arrival: SegmentArrival, _ tag: String) -> ResponseHead {
        var head = segmentHead(
            200, number: segment.number, next: arrival.next, byteCount: arrival.byteCount,
            contentType: segment.contentType, tag: tag, isComplete: segment.progress == .complete)
        if case .aborted(let cause) = segment.progress { head.add(HeaderName.aborted, cause.rawValue) }
        return head
    }

    func tricklingHead(
        _ status: Int = 200, number: SequenceNumber, next: SequenceNumber, byteCount: Int, contentType: String?,
        tag: String?
    ) -> ResponseHead {
        var head = segmentHead(
            status, number: number, next: next, byteCount: byteCount, contentType: contentType, tag: tag,
            isComplete: false)
        // An early head may be stored, and trickles all the same.
        if announcedNumber != nil, case .exact = position { head.fields.append(ResponseHead.unbuffered) }
        return head
    }

    /// A body whose end tells what was not known at its beginning.
    var tricklingBody: ResponseBody {
        .trickling(trailers: announcedNumber == nil ? [HeaderName.aborted] : Self.lateTrailers)
    }

    private static let lateTrailers = [
        HeaderName.aborted, HeaderName.closed, HeaderName.sequence, HeaderName.timeout,
    ]
}
