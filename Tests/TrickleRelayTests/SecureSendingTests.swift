import Foundation
import NIOCore
import NIOEmbedded
import Testing

@testable import TrickleRelay

@Suite struct SecureSendingTests {
    /// A connection with one end of a pair of sockets; the channel's outbound side is NIO's queue.
    private func withSocket(_ body: (EmbeddedChannel, _ socket: Int32, _ peer: Int32) throws -> Void) throws {
        var descriptors: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors) == 0)
        defer { for descriptor in descriptors { close(descriptor) } }
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        let channel = EmbeddedChannel(handler: SecureSending(descriptor: descriptors[0]))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try body(channel, descriptors[0], descriptors[1])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    private func fill(_ socket: Int32) {
        let block = [UInt8](repeating: 0, count: 64 << 10)
        for size in [block.count, 1] { while send(socket, block, size, 0) > 0 {} }
    }

    /// What has come to the peer: the last bytes of it.
    private func received(_ peer: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        var last = ""
        while true {
            let count = recv(peer, &bytes, bytes.count, 0)
            guard count > 0 else { return last }
            last = String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    private func queued(_ channel: EmbeddedChannel) throws -> [String] {
        var texts: [String] = []
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { texts.append(String(buffer: bytes)) }
        return texts
    }

    @Test func `bytes go past an empty queue, and their promise is kept`() throws {
        try withSocket { channel, _, peer in
            try channel.writeAndFlush(ByteBuffer(string: "record")).wait()
            #expect(received(peer) == "record")
            #expect(try queued(channel).isEmpty)
        }
    }

    @Test func `what follows a byte that waits in the queue waits behind it`() throws {
        try withSocket { channel, socket, peer in
            fill(socket)
            let first = channel.write(ByteBuffer(string: "first"))
            _ = received(peer)
            let second = channel.write(ByteBuffer(string: "second"))
            #expect(received(peer).isEmpty)
            channel.flush()
            try first.wait()
            try second.wait()
            #expect(try queued(channel) == ["first", "second"])
            // The queue is empty again.
            channel.writeAndFlush(ByteBuffer(string: "third"), promise: nil)
            #expect(received(peer) == "third")
        }
    }

    @Test func `nothing is sent on the descriptor of a connection that is not open`() throws {
        var descriptors: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors) == 0)
        defer { for descriptor in descriptors { close(descriptor) } }
        _ = fcntl(descriptors[1], F_SETFL, O_NONBLOCK)
        let channel = EmbeddedChannel(handler: SecureSending(descriptor: descriptors[0]))
        channel.writeAndFlush(ByteBuffer(string: "late"), promise: nil)
        #expect(received(descriptors[1]).isEmpty)
        #expect(try queued(channel) == ["late"])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }
}
