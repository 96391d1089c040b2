import NIOCore

/// The body that one stream sends: what of it may leave, and what has to wait.
final class HTTP2Flow {
    let id: Int
    /// How much the client takes; less than 0 when it has taken that back (RFC 9113, section 6.9.2).
    var window: Int
    /// What has not left.
    private(set) var waiting = CircularBuffer<ByteBuffer>(initialCapacity: 0)
    /// Heads of the stream that have not left. A body leaves behind them.
    var headsDue = 0
    /// Whether it has a place in the line.
    var isInLine = false
    /// Told when nothing waits any more. The end of the stream lets go of it: a weak reference would make all counting of its
    /// references slow.
    var sender: (any HTTP2FlowSender)?

    init(_ id: Int, window: Int) {
        self.id = id
        self.window = window
    }

    var isEmpty: Bool { waiting.isEmpty }
    /// Whether some may leave, as far as this stream goes.
    var isReady: Bool { window > 0 && headsDue == 0 }

    func append(_ bytes: ByteBuffer) { waiting.append(bytes) }

    /// The next bytes, no more than one of its buffers has.
    func take(atMost byteCount: Int) -> ByteBuffer {
        let count = waiting[waiting.startIndex].readableBytes
        guard count > byteCount else { return waiting.removeFirst() }
        return waiting[waiting.startIndex].readSlice(length: byteCount)!
    }

    func removeAll() { waiting.removeAll() }
}

protocol HTTP2FlowSender: AnyObject {
    /// All that waited has left.
    func drained()
}
