/// A frame of HTTP/2 (RFC 9113, section 4.1).
struct HTTP2RawFrame {
    enum Kind {
        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let reset: UInt8 = 3
        static let settings: UInt8 = 4
    }
    static let endOfStream: UInt8 = 1

    var type: UInt8
    var flags: UInt8 = 0
    var stream: UInt32
    var payload: [UInt8] = []

    var endsStream: Bool { (type == Kind.data || type == Kind.headers) && flags & Self.endOfStream != 0 }

    var bytes: [UInt8] {
        let length = payload.count
        let head = [UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags]
        return head + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: stream >> $0) } + payload
    }

    /// An empty end of a body.
    static func end(of stream: UInt32) -> Self { Self(type: Kind.data, flags: endOfStream, stream: stream) }

    /// The end of a stream that nobody is to take for a proper one: CANCEL.
    static func reset(of stream: UInt32) -> Self { Self(type: Kind.reset, stream: stream, payload: [0, 0, 0, 8]) }
}

/// Cuts bytes into frames.
struct HTTP2FrameSplitter {
    private var rest: [UInt8] = []
    private static let headByteCount = 9

    mutating func feed(_ bytes: some Sequence<UInt8>) -> [HTTP2RawFrame] {
        rest += bytes
        var frames: [HTTP2RawFrame] = []
        var start = 0
        while rest.count - start >= Self.headByteCount {
            let head = rest[start..<start + Self.headByteCount].map(UInt32.init)
            let end = start + Self.headByteCount + Int(head[0] << 16 | head[1] << 8 | head[2])
            guard rest.count >= end else { break }
            frames.append(
                HTTP2RawFrame(
                    type: UInt8(head[3]), flags: UInt8(head[4]),
                    stream: (head[5] << 24 | head[6] << 16 | head[7] << 8 | head[8]) & 0x7FFF_FFFF,
                    payload: Array(rest[start + Self.headByteCount..<end])))
            start = end
        }
        rest.removeFirst(start)
        return frames
    }
}
