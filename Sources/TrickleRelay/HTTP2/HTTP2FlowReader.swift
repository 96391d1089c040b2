import NIOCore

/// Finds in what a client sends on an HTTP/2 connection how much it takes of bodies (RFC 9113, sections 6.5.2 and 6.9).
///
/// All else is passed on as it came, in its order.
struct HTTP2FlowReader {
    enum Event: Equatable {
        /// Bytes that say nothing of it.
        case bytes(ByteBuffer)
        /// A client takes more on a stream, or with stream 0 on its connection. `frame` is what said so.
        case windowUpdate(stream: Int, increment: Int, frame: ByteBuffer)
        /// What a client wants of all streams, where `frame` says it.
        case settings(window: Int?, frameByteCount: Int?, frame: ByteBuffer)
    }

    /// What has come and is not decided: a frame's header, or the two short frames that are looked into.
    private var rest = ByteBuffer()
    /// Bytes to pass on before the next frame begins; at first the preface of the connection (section 3.4).
    private var passing = 24

    private enum FrameType {
        static let settings: UInt8 = 4
        static let windowUpdate: UInt8 = 8
    }
    private enum Setting {
        static let initialWindowSize: UInt16 = 4
        static let maximumFrameSize: UInt16 = 5
    }
    private static let headerByteCount = HTTP2Wire.frameHeaderByteCount
    /// A longer frame is an error here (section 4.2), which whoever reads the frames answers.
    private static let longestFrame = 1 << 14

    mutating func append(_ bytes: ByteBuffer) {
        if rest.readableBytes == 0 { rest = bytes } else { rest.writeImmutableBuffer(bytes) }
    }

    /// The next of what has come.
    mutating func next() -> Event? {
        var passed = min(passing, rest.readableBytes)
        passing -= passed
        while passing == 0 {
            let start = rest.readerIndex + passed
            let available = rest.readableBytes - passed
            guard available >= Self.headerByteCount else { break }
            let head = rest.getInteger(at: start, as: UInt32.self)!
            let byteCount = Self.headerByteCount + Int(head >> 8)
            if isOfInterest(UInt8(truncatingIfNeeded: head), at: start, byteCount) {
                guard passed == 0, available >= byteCount else { break }
                return event(of: take(byteCount))
            }
            let taken = min(available, byteCount)
            passed += taken
            passing = byteCount - taken
        }
        return passed > 0 ? .bytes(take(passed)) : nil
    }

    private func isOfInterest(_ type: UInt8, at start: Int, _ byteCount: Int) -> Bool {
        let payloadCount = byteCount - Self.headerByteCount
        switch type {
        case FrameType.windowUpdate: return payloadCount == 4
        case FrameType.settings:
            // One with the flag ACK has no payload.
            return payloadCount > 0 && payloadCount <= Self.longestFrame
        case _: return false
        }
    }

    private mutating func take(_ count: Int) -> ByteBuffer {
        guard count == rest.readableBytes else { return rest.readSlice(length: count)! }
        defer { rest = ByteBuffer() }
        return rest
    }

    private func event(of frame: ByteBuffer) -> Event {
        let start = frame.readerIndex + Self.headerByteCount
        if frame.getInteger(at: frame.readerIndex + 3, as: UInt8.self) == FrameType.windowUpdate {
            let stream = frame.getInteger(at: frame.readerIndex + 5, as: UInt32.self)!
            let increment = frame.getInteger(at: start, as: UInt32.self)!
            return .windowUpdate(
                stream: Int(stream & 0x7FFF_FFFF), increment: Int(increment & 0x7FFF_FFFF), frame: frame)
        }
        var (window, frameByteCount) = (Int?.none, Int?.none)
        for index in stride(from: start, through: frame.writerIndex - 6, by: 6) {
            let value = Int(frame.getInteger(at: index + 2, as: UInt32.self)!)
            switch frame.getInteger(at: index, as: UInt16.self)! {
            case Setting.initialWindowSize where value <= HTTP2Outflow.largestWindow: window = value
            case Setting.maximumFrameSize where (1 << 14..<1 << 24).contains(value): frameByteCount = value
            case _: break
            }
        }
        return .settings(window: window, frameByteCount: frameByteCount, frame: frame)
    }
}
