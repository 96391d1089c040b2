/// A frame of HTTP/2 (RFC 9113, section 4.1).
package struct HTTP2RawFrame {
    package enum Kind {
        package static let data: UInt8 = 0
        package static let headers: UInt8 = 1
        package static let reset: UInt8 = 3
        package static let settings: UInt8 = 4
    }
    package static let endOfStream: UInt8 = 1

    package var type: UInt8
    package var flags: UInt8
    package var stream: UInt32
    package var payload: [UInt8]

    package init(type: UInt8, flags: UInt8 = 0, stream: UInt32, payload: [UInt8] = []) {
        (self.type, self.flags, self.stream, self.payload) = (type, flags, stream, payload)
    }

    var endsStream: Bool { (type == Kind.data || type == Kind.headers) && flags & Self.endOfStream != 0 }

    package var bytes: [UInt8] {
        let length = payload.count
        let head = [UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags]
        return head + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: stream >> $0) } + payload
    }

    /// An empty end of a body.
    package static func end(of stream: UInt32) -> Self { Self(type: Kind.data, flags: endOfStream, stream: stream) }

    /// The end of a stream that nobody is to take for a proper one: CANCEL.
    package static func reset(of stream: UInt32) -> Self {
        Self(type: Kind.reset, stream: stream, payload: [0, 0, 0, 8])
    }
}
