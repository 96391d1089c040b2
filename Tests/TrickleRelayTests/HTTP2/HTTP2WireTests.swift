import NIOCore
import NIOEmbedded
import Testing

@testable import TrickleRelay

@Suite struct HTTP2WireTests {
    private final class Sender: HTTP2FlowSender {
        private(set) var drainCount = 0
        func drained() { drainCount += 1 }
    }

    /// A frame of DATA as it leaves.
    private struct Frame: Equatable {
        var stream: Int
        var byteCount: Int
    }

    private let channel: EmbeddedChannel
    private let wire: HTTP2Wire

    init() throws {
        let eventLoop = EmbeddedEventLoop()
        let wire = HTTP2Wire(turns: TurnQueue(eventLoop: eventLoop))
        self.wire = wire
        channel = EmbeddedChannel(handler: wire, loop: eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.writeInbound(HTTP2FlowReaderTests.preface)
        _ = try channel.readInbound(as: ByteBuffer.self)
    }

    private func body(_ byteCount: Int) -> ByteBuffer { ByteBuffer(repeating: 1, count: byteCount) }

    private func write(_ byteCount: Int, to flow: HTTP2Flow) { wire.write { wire.append(body(byteCount), to: flow) } }

    private func left() throws -> [Frame] {
        var frames: [Frame] = []
        while var bytes = try channel.readOutbound(as: ByteBuffer.self) {
            let integers = bytes.readMultipleIntegers(as: (UInt32, UInt8, UInt32).self)
            let (head, flags, stream) = try #require(integers)
            #expect(UInt8(truncatingIfNeeded: head) == 0 && flags == 0 && Int(head >> 8) == bytes.readableBytes)
            frames.append(Frame(stream: Int(stream), byteCount: bytes.readableBytes))
        }
        return frames
    }

    private func widen(_ id: Int, by increment: Int) throws {
        var payload = ByteBuffer()
        payload.writeInteger(UInt32(increment))
        try channel.writeInbound(
            HTTP2FlowReaderTests.frame(8, stream: UInt32(id), Array(payload.readableBytesView)))
    }

    private func setWindow(_ byteCount: Int) throws {
        var payload = ByteBuffer(bytes: [0, 4])
        payload.writeInteger(UInt32(byteCount))
        try channel.writeInbound(HTTP2FlowReaderTests.frame(4, Array(payload.readableBytesView)))
    }

    @Test func `a body leaves in frames that fill a record, as far as the windows go`() throws {
        let (flow, sender) = (wire.open(1), Sender())
        flow.sender = sender
        try widen(0, by: 1 << 20)
        write(100_000, to: flow)
        let record = RecordGathering.recordByteCount - HTTP2Wire.frameHeaderByteCount
        let frames = try left().map(\.byteCount)
        #expect(frames == [record, record, record, record, 65_535 - 4 * record])
        #expect(!flow.isEmpty && sender.drainCount == 0)
        try widen(1, by: 40_000)
        #expect(try left().reduce(0) { $0 + $1.byteCount } == 100_000 - 65_535)
        #expect(flow.isEmpty && sender.drainCount == 1)
    }

    @Test func `streams take turns when the connection's window opens`() throws {
        let flows = [wire.open(1), wire.open(3)]
        write(65_535, to: flows[0])
        _ = try left()
        try widen(1, by: 1000)
        for flow in flows { for _ in 0..<2 { write(10, to: flow) } }
        #expect(try left().isEmpty)
        try widen(0, by: 35)
        #expect(
            try left() == [
                Frame(stream: 1, byteCount: 10), Frame(stream: 3, byteCount: 10), Frame(stream: 1, byteCount: 10),
                Frame(stream: 3, byteCount: 5),
            ])
        try widen(0, by: 1000)
        #expect(try left() == [Frame(stream: 3, byteCount: 5)])
    }

    @Test func `a body waits for its head`() throws {
        let flow = wire.open(1)
        flow.headsDue = 1
        write(10, to: flow)
        #expect(!wire.send(body(10), on: flow))
        #expect(try left().isEmpty)
        let head = HTTP2FlowReaderTests.frame(1, flags: 4, stream: 1, [0x88])
        channel.writeAndFlush(IOData.byteBuffer(head), promise: nil)
        #expect(try channel.readOutbound(as: IOData.self) == .byteBuffer(head))
        #expect(try left() == [Frame(stream: 1, byteCount: 10)])
    }

    @Test func `a window that the client takes back is waited for`() throws {
        let flow = wire.open(1)
        write(60_000, to: flow)
        _ = try left()
        try setWindow(50_000)
        write(10, to: flow)
        try widen(1, by: 10_000)
        #expect(try left().isEmpty)
        try setWindow(50_005)
        #expect(try left() == [Frame(stream: 1, byteCount: 5)])
        #expect(wire.open(3).window == 50_005)
    }

    @Test func `what waits for a stream goes with it`() throws {
        let flow = wire.open(1)
        write(65_535 + 10, to: flow)
        _ = try left()
        wire.close(flow)
        try widen(0, by: 100)
        #expect(try left().isEmpty)
    }

    @Test func `a stream that ends is let go of`() throws {
        weak var released: Sender?
        let flow = wire.open(1)
        do {
            let sender = Sender()
            (flow.sender, released) = (sender, sender)
        }
        #expect(released != nil)
        wire.close(flow)
        #expect(released == nil)
    }

    @Test func `nothing leaves while the connection takes nothing`() throws {
        let flow = wire.open(1)
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        write(10, to: flow)
        #expect(!wire.send(body(10), on: flow))
        #expect(try left().isEmpty)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(wire.send(body(20), on: flow))
        #expect(try left().map(\.byteCount) == [10, 20])
    }

    @Test(arguments: [0, 1]) func `a window that is too wide is for the frames' handler to answer`(id: Int) throws {
        _ = wire.open(1)
        while try channel.readInbound(as: ByteBuffer.self) != nil {}
        try widen(id, by: 100)
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
        try widen(id, by: HTTP2Outflow.largestWindow)
        #expect(try channel.readInbound(as: ByteBuffer.self) != nil)
    }

    @Test func `a window of nothing, or of a stream that is not there, is for the frames' handler`() throws {
        _ = wire.open(1)
        for (id, increment) in [(0, 0), (1, 0), (7, 5)] {
            try widen(id, by: increment)
            #expect(try channel.readInbound(as: ByteBuffer.self) != nil)
        }
    }
}
