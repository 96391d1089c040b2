import NIOCore
import NIOEmbedded
import Testing

@testable import TrickleRelay

@Suite struct RecordGatheringTests {
    private static let limit = RecordGathering.recordByteCount

    private static func buffer(_ byteCount: Int, of byte: UInt8 = 1) -> ByteBuffer {
        ByteBuffer(repeating: byte, count: byteCount)
    }

    private func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: RecordGathering())
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func passed(_ channel: EmbeddedChannel) throws -> [ByteBuffer] {
        var buffers: [ByteBuffer] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { buffers.append(buffer) }
        return buffers
    }

    @Test func `small writes before a flush are passed on as one, in their order`() throws {
        let channel = try channel()
        for byte in UInt8(1)...3 { channel.write(Self.buffer(9, of: byte), promise: nil) }
        #expect(try passed(channel).isEmpty)
        channel.flush()
        let bytes = [1, 2, 3].map { Self.buffer(9, of: $0) }.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
        #expect(try passed(channel) == [bytes])
        channel.flush()
        #expect(try passed(channel).isEmpty)
    }

    @Test(arguments: [
        ([limit], [limit]), ([9, limit], [9, limit]), ([limit - 9, 9], [limit]),
        ([limit - 9, 10, 5], [limit - 9, 15]),
        ([9, 3 * limit, 5], [9, 3 * limit, 5]), ([0, 7, 0], [7]),
    ])
    func `what is gathered is no longer than a record`(written: [Int], gathered: [Int]) throws {
        let channel = try channel()
        for byteCount in written { channel.write(Self.buffer(byteCount), promise: nil) }
        channel.flush()
        #expect(try passed(channel).map(\.readableBytes) == gathered)
    }

    @Test func `a buffer that many connections send stays as it is`() throws {
        let channel = try channel()
        let shared = Self.buffer(9)
        for buffer in [shared, Self.buffer(5, of: 2), shared] { channel.write(buffer, promise: nil) }
        channel.flush()
        #expect(shared == Self.buffer(9))
        #expect(try passed(channel).map(\.readableBytes) == [23])
    }

    @Test func `every write is told when its bytes have left`() throws {
        let channel = try channel()
        let writes = [Self.buffer(9), ByteBuffer(), Self.buffer(5)].map { channel.write($0) }
        let alone = channel.write(Self.buffer(Self.limit))
        channel.flush()
        for write in writes { try write.wait() }
        try alone.wait()
        let empty = channel.writeAndFlush(ByteBuffer())
        try empty.wait()
    }

    @Test func `what is not flushed fails when the connection goes`() throws {
        let channel = try channel()
        let write = channel.write(Self.buffer(9))
        try channel.close().wait()
        // The handlers leave in the next turn.
        channel.embeddedEventLoop.run()
        #expect(throws: ChannelError.ioOnClosedChannel) { try write.wait() }
        #expect(try passed(channel).isEmpty)
    }
}
