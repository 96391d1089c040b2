import NIOConcurrencyHelpers
import NIOCore
import TrickleCore

/// The answer to `GET /_channels`, written anew only when the channels are others: all who ask share its bytes.
final class ChannelListing: Sendable {
    private struct Written {
        let version: Int
        let next: SequenceNumber?
        let body: ByteBuffer
    }

    private let written = NIOLockedValueBox<Written?>(nil)
    private let counter = NIOLockedValueBox(0)

    /// How often the answer has been written.
    var writtenCount: Int { counter.withLockedValue { $0 } }

    /// The list as JSON.
    func body(of list: ChannelList) -> ByteBuffer {
        let last = written.withLockedValue { $0 }
        if let last, last.version == list.version, last.next == list.next { return last.body }
        let body = Self.write(list)
        counter.withLockedValue { $0 += 1 }
        written.withLockedValue { written in
            if written.map({ $0.version <= list.version }) ?? true {
                written = Written(version: list.version, next: list.next, body: body)
            }
        }
        return body
    }

    static func write(_ list: ChannelList) -> ByteBuffer {
        var body = ByteBufferAllocator().buffer(
            capacity: list.names.reduce(64) { $0 + $1.text.utf8.count + 3 })
        body.writeStaticString(#"{"channels":["#)
        for (index, name) in list.names.enumerated() {
            if index > 0 { body.writeStaticString(",") }
            body.writeString(JSONText.string(name.text))
        }
        body.writeStaticString("]")
        if let next = list.next { body.writeString(#","next":\#(next)"#) }
        body.writeStaticString("}")
        return body
    }
}
