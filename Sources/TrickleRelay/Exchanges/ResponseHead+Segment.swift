import TrickleCore

extension ResponseHead {
    /// `no-store` on all that may change its mind.
    static func noStore(_ contentType: String, _ fields: [HeaderField] = []) -> ResponseHead {
        ResponseHead(
            status: 200,
            [HeaderField("Content-Type", contentType), HeaderField("Cache-Control", "no-store")] + fields)
    }

    /// nginx gathers an answer before it passes it on, unless the answer says that it trickles.
    static let unbuffered = HeaderField("X-Accel-Buffering", "no")

    /// The answer to a browser's question whether it may read (the Fetch standard's CORS protocol), and to OPTIONS at large.
    ///
    /// - Parameters:
    ///   - readable: what pages of other origins may do.
    ///   - fields: the fields that they may send besides those of reading.
    static func options(
        allow methods: [RequestMethod], readable: [RequestMethod], fields: String? = nil
    ) -> ResponseHead {
        func list(_ methods: [RequestMethod]) -> String { methods.map(\.rawValue).joined(separator: ", ") }
        return ResponseHead(
            status: 204,
            [
                HeaderField("Allow", list(methods)),
                HeaderField("Access-Control-Allow-Methods", list(readable)),
                HeaderField("Access-Control-Allow-Headers", "*, Range, If-Range" + (fields.map { ", \($0)" } ?? "")),
                HeaderField("Access-Control-Max-Age", "86400"),
            ])
    }

    /// The fields of a segment: those that say which it is, and how far it and its channel were when the request came.
    ///
    /// - Parameters:
    ///   - next: the channel's next number when the request came; left out where it is the segment's own.
    ///   - byteCount: payload bytes that were there when the request came.
    ///   - isCacheable: whether the answer would be the same if it were asked again soon.
    static func segment(
        status: Int = 200, number: SequenceNumber, next: SequenceNumber, byteCount: Int, contentType: String?,
        tag: String? = nil, isCacheable: Bool
    ) -> ResponseHead {
        var head = ResponseHead(status: status)
        head.add("Content-Type", contentType ?? "application/octet-stream")
        head.fields.append(sandbox)
        head.add(HeaderName.sequence, number)
        if next != number { head.add(HeaderName.latest, next) }
        head.add(HeaderName.size, byteCount)
        if let tag {
            head.add("ETag", tag)
            head.add("Accept-Ranges", "bytes")
        }
        head.add("Cache-Control", isCacheable ? "public, max-age=10" : "no-store")
        if !isCacheable { head.fields.append(unbuffered) }
        return head
    }

    /// The channel is closed, and nothing comes at that number.
    static func closed(number: SequenceNumber) -> ResponseHead {
        ResponseHead(
            status: 200,
            [
                HeaderField(HeaderName.closed, "terminated"), HeaderField(HeaderName.sequence, number),
                HeaderField("Cache-Control", "no-store"),
            ])
    }

    /// The answer to a HEAD: what a GET would be told now.
    static func answer(to position: SegmentPosition, _ answer: ReadAnswer, incarnation: String) -> ResponseHead {
        var head: ResponseHead
        switch answer {
        case .segment(let view):
            let isComplete = view.state == .complete
            let isExact = if case .exact = position { true } else { false }
            head = .segment(
                number: view.number, next: view.next, byteCount: view.byteCount, contentType: view.contentType,
                tag: view.id.tag(incarnation), isCacheable: isComplete && isExact)
            if view.state != .open { head.add("Content-Length", view.byteCount) }
            switch view.state {
            case .open: head.add(HeaderName.state, "open")
            case .complete: head.add(HeaderName.state, "complete")
            case .aborted(let cause):
                head.add(HeaderName.state, "aborted")
                head.add(HeaderName.aborted, cause.rawValue)
            }
        case .wait(let ticket, let contentType):
            head = .segment(
                number: ticket.number, next: ticket.next, byteCount: 0, contentType: contentType, isCacheable: false)
            head.add(HeaderName.state, "waiting")
        case .closed(let next):
            head = .closed(number: next)
        }
        return head
    }
}

extension SegmentID {
    /// A strong entity tag (RFC 9110, section 8.8.3): one for each incarnation of a segment, in each run of the relay.
    func tag(_ incarnation: String) -> String { "\"\(incarnation)-\(value)\"" }
}
