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

    func wholeHead(_ segment: LaneSegment, _ arrival: SegmentArrival, _ tag: String) -> ByteBuffer {
        var head = segmentHead(
            200, number: segment.number, next: arrival.next, byteCount: arrival.byteCount,
            contentType: segment.contentType, tag: tag, isComplete: segment.progress == .complete)
        if case .aborted(let cause) = segment.progress { head.add(HeaderName.aborted, cause.rawValue) }
        head.add("Content-Length", segment.byteCount)
        return encoded(head)
    }

    func chunkedHead(
        _ status: Int = 200, number: SequenceNumber, next: SequenceNumber, byteCount: Int, contentType: String?,
        tag: String?, more: [HeaderField] = []
    ) -> ByteBuffer {
        var head = segmentHead(
            status, number: number, next: next, byteCount: byteCount, contentType: contentType, tag: tag,
            isComplete: false)
        head.fields += more
        if !request.isHTTP10 {
            head.add("Transfer-Encoding", "chunked")
            let late = [HeaderName.closed, HeaderName.sequence, HeaderName.timeout]
            let trailers = [HeaderName.aborted] + (announcedNumber == nil ? [] : late)
            head.add("Trailer", trailers.joined(separator: ", "))
        }
        return encoded(head)
    }

    func encoded(_ head: ResponseHead) -> ByteBuffer {
        var head = head
        if !connection.canGoOn(after: request) { head.add("Connection", "close") }
        return head.encoded(now: lane.date())
    }
}
