import NIOCore
import Testing

@testable import TrickleRelay

@Suite struct HTTP2FlowReaderTests {
    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeMultipleIntegers(UInt32(payload.count << 8) | UInt32(type), flags, stream)
        frame.writeBytes(payload)
        return frame
    }

    static let preface = ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    private static let update = frame(8, stream: 5, [0, 0, 1, 0])
    private static let settings = frame(4, [0, 4, 0, 0, 0, 9, 0, 3, 0, 0, 0, 100, 0, 5, 0, 0, 0x80, 0])
    private static let data = frame(0, stream: 1, Array(update.readableBytesView) + [1, 2, 3])

    /// What is read of the parts of a connection's bytes, with bytes that follow each other as one.
    private func events(_ bytes: [ByteBuffer], cutAt byteCount: Int) -> [HTTP2FlowReader.Event] {
        var whole = ByteBuffer()
        for part in bytes { whole.writeImmutableBuffer(part) }
        var reader = HTTP2FlowReader()
        var events: [HTTP2FlowReader.Event] = []
        while let part = whole.readSlice(length: min(byteCount, whole.readableBytes)), part.readableBytes > 0 {
            reader.append(part)
            while let event = reader.next() {
                if case .bytes(let new) = event, case .bytes(var old)? = events.last {
                    old.writeImmutableBuffer(new)
                    events[events.count - 1] = .bytes(old)
                } else {
                    events.append(event)
                }
            }
        }
        return events
    }

    @Test(arguments: [1, 2, 3, 7, 9, 13, 64, 10_000])
    func `frames are found however the bytes are cut, and not in bodies`(byteCount: Int) {
        let acknowledgement = Self.frame(4, flags: 1)
        let events = events(
            [Self.preface, Self.settings, Self.data, Self.update, Self.update, acknowledgement, Self.data],
            cutAt: byteCount)
        var rest = acknowledgement
        rest.writeImmutableBuffer(Self.data)
        #expect(
            events == [
                .bytes(Self.preface), .settings(window: 9, frameByteCount: 1 << 15, frame: Self.settings),
                .bytes(Self.data), .windowUpdate(stream: 5, increment: 256, frame: Self.update),
                .windowUpdate(stream: 5, increment: 256, frame: Self.update), .bytes(rest),
            ])
    }

    @Test func `frames of the wrong length, and settings out of their range, are for others`() {
        let short = Self.frame(8, stream: 1, [0, 0, 1])
        #expect(events([Self.preface, short], cutAt: 1000).count == 1)
        let odd = Self.frame(4, [0, 4, 0xFF, 0, 0, 9, 0, 5, 0, 0, 0, 1, 0])
        #expect(
            events([Self.preface, odd], cutAt: 1000).last == .settings(window: nil, frameByteCount: nil, frame: odd))
    }
}
