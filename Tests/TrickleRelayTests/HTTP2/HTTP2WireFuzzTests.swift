import NIOCore
import NIOEmbedded
import Testing
import TrickleTesting

@testable import TrickleRelay

/// Whatever a client says of its windows, in whatever pieces, and whatever is written: what leaves keeps to them, is whole and in order,
/// and nothing stays that may leave.
@Suite struct HTTP2WireFuzzTests {
    /// What is known of a stream's body.
    private struct Body {
        let flow: HTTP2Flow
        var window: Int
        var written = 0
        var sent = 0
        var isClosed = false
    }

    /// A connection, and what a client may see of it.
    private final class Model {
        let channel: EmbeddedChannel
        let wire: HTTP2Wire
        var random: SeededNumbers
        private var bodies: [Int: Body] = [:]
        private var window = 65_535
        private var initialWindow = 65_535
        private var frameByteCount = 1 << 14
        private var lastID = -1
        /// What the handler of frames is to see.
        private var passedOn = ByteBuffer()

        init(seed: UInt64) throws {
            random = SeededNumbers(seed: seed)
            let eventLoop = EmbeddedEventLoop()
            wire = HTTP2Wire(turns: TurnQueue(eventLoop: eventLoop))
            channel = EmbeddedChannel(handler: wire, loop: eventLoop)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            passedOn = HTTP2FlowReaderTests.preface
            try receive(HTTP2FlowReaderTests.preface)
        }

        private func receive(_ bytes: ByteBuffer) throws {
            var bytes = bytes
            let longest = [1, 4, 1000].randomElement(using: &random)!
            while bytes.readableBytes > 0 {
                let count = min(bytes.readableBytes, .random(in: 1...longest, using: &random))
                try channel.writeInbound(bytes.readSlice(length: count)!)
            }
            while var passed = try channel.readInbound(as: ByteBuffer.self) {
                let expected = passedOn.readSlice(length: passed.readableBytes)
                #expect(passed.readSlice(length: passed.readableBytes) == expected, "what is passed on has changed")
            }
            #expect(passedOn.readableBytes == 0, "\(passedOn.readableBytes) bytes are not passed on")
        }

        private var openIDs: [Int] { bodies.filter { !$0.value.isClosed }.keys.sorted() }

        func step() throws {
            let id = openIDs.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                lastID += 2
                bodies[lastID] = Body(flow: wire.open(lastID), window: initialWindow)
            case 1 where Int.random(in: 0..<4, using: &random) == 0 && id != 0:
                wire.close(bodies[id]!.flow)
                bodies[id]!.isClosed = true
            case 2...4 where id != 0: try write(to: id)
            case 5, 6: try widen(Bool.random(using: &random) ? 0 : id)
            case 7: try changeSettings()
            case 8 where id != 0: try sendHead(of: id)
            case 9:
                channel.isWritable.toggle()
                channel.pipeline.fireChannelWritabilityChanged()
            case 10:
                let frame = HTTP2FlowReaderTests.frame(0, stream: 1, [UInt8](repeating: 8, count: 40))
                passedOn.writeImmutableBuffer(frame)
                try receive(frame)
            case _: break
            }
            try check()
        }

        private func bytes(_ count: Int, of id: Int, from start: Int) -> ByteBuffer {
            ByteBuffer(bytes: (start..<start + count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ id) })
        }

        private func write(to id: Int) throws {
            let counts = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                [1, 9, 300, 16_375, 16_384, 30_000].randomElement(using: &random)!
            }
            let flow = bodies[id]!.flow
            if counts.count == 1, flow.isEmpty {
                let piece = bytes(counts[0], of: id, from: bodies[id]!.written)
                if wire.send(piece, on: flow) { return bodies[id]!.written += counts[0] }
            }
            wire.write {
                for count in counts {
                    wire.append(bytes(count, of: id, from: bodies[id]!.written), to: flow)
                    bodies[id]!.written += count
                }
            }
        }

        private func widen(_ id: Int) throws {
            let increment = [0, 1, 100, 20_000, 1 << 20].randomElement(using: &random)!
            var payload = ByteBuffer()
            payload.writeInteger(UInt32(increment))
            let frame = HTTP2FlowReaderTests.frame(8, stream: UInt32(id), Array(payload.readableBytesView))
            if increment == 0 { passedOn.writeImmutableBuffer(frame) }
            if id == 0 { window += increment } else { bodies[id]!.window += increment }
            try receive(frame)
        }

        private func changeSettings() throws {
            let new = [0, 1, 5000, 65_535, 200_000].randomElement(using: &random)!
            frameByteCount = [1 << 14, 1 << 14, 1 << 20].randomElement(using: &random)!
            for id in bodies.keys { bodies[id]!.window += new - initialWindow }
            initialWindow = new
            var payload = ByteBuffer()
            payload.writeMultipleIntegers(UInt16(4), UInt32(new), UInt16(5), UInt32(frameByteCount))
            let frame = HTTP2FlowReaderTests.frame(4, Array(payload.readableBytesView))
            passedOn.writeImmutableBuffer(frame)
            try receive(frame)
        }

        /// A head that waits in the handler of frames, and leaves.
        private func sendHead(of id: Int) throws {
            let flow = bodies[id]!.flow
            flow.headsDue += 1
            wire.write { wire.append(bytes(10, of: id, from: bodies[id]!.written), to: flow) }
            bodies[id]!.written += 10
            try check()
            let head = HTTP2FlowReaderTests.frame(1, flags: 4, stream: UInt32(id), [0x88])
            channel.writeAndFlush(IOData.byteBuffer(head), promise: nil)
            #expect(try channel.readOutbound(as: IOData.self) == .byteBuffer(head))
        }

        private func check() throws {
            while var frame = try channel.readOutbound(as: ByteBuffer.self) {
                let integers = frame.readMultipleIntegers(as: (UInt32, UInt8, UInt32).self)
                let (head, flags, stream) = try #require(integers)
                let (id, count) = (Int(stream), frame.readableBytes)
                let body = try #require(bodies[id], "stream \(id) has not begun")
                #expect(UInt8(truncatingIfNeeded: head) == 0 && flags == 0 && Int(head >> 8) == count && count > 0)
                #expect(!body.isClosed, "stream \(id) has ended")
                #expect(body.flow.headsDue == 0, "stream \(id) waits for its head")
                #expect(count <= min(window, body.window, frameByteCount), "\(count) bytes are more than may leave")
                #expect(frame == bytes(count, of: id, from: body.sent), "stream \(id) has other bytes at \(body.sent)")
                window -= count
                bodies[id]!.window -= count
                bodies[id]!.sent += count
            }
            for (id, body) in bodies where !body.isClosed {
                #expect(body.flow.window == body.window && body.flow.isEmpty == (body.sent == body.written))
                guard channel.isWritable, window > 0, body.window > 0, body.flow.headsDue == 0 else { continue }
                #expect(body.sent == body.written, "stream \(id) could go on")
            }
        }

        /// All windows open: all of the bodies leaves that have not been reset.
        func end() throws {
            channel.isWritable = true
            channel.pipeline.fireChannelWritabilityChanged()
            try check()
            for id in [0] + openIDs {
                var payload = ByteBuffer()
                payload.writeInteger(UInt32(1 << 29))
                let frame = HTTP2FlowReaderTests.frame(8, stream: UInt32(id), Array(payload.readableBytesView))
                if id == 0 { window += 1 << 29 } else { bodies[id]!.window += 1 << 29 }
                try receive(frame)
                try check()
            }
            for body in bodies.values where !body.isClosed { #expect(body.sent == body.written) }
            _ = try? channel.finish()
        }
    }

    @Test(arguments: FuzzSeeds.seeds) func `what leaves keeps to the windows, whole and in order`(seed: UInt64) throws {
        let model = try Model(seed: seed)
        for _ in 0..<150 { try model.step() }
        try model.end()
    }
}
