import NIOCore
import NIOHTTP1

// The way to HTTP/2, for clients that know beforehand (RFC 9113, section 3.3).
extension HTTP1Connection {
    func takesHTTP2() -> Bool {
        guard state == .idle, host == nil, !hasHostHandlers, let context else { return false }
        let pipeline = context.pipeline.syncOperations
        guard let decoder = try? pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self) else {
            return false
        }
        isLeaving = true
        // It leaves later in the event loop's turn: until then the gate holds what the client sends.
        pipeline.removeHandler(decoder).assumeIsolated().whenComplete { _ in self.leave() }
        return true
    }

    private func leave() {
        guard let channel, channel.isActive, let gate else { return }
        lane.connections[ObjectIdentifier(self)] = nil
        let begun = gate.takeHeld()
        let pipeline = channel.pipeline.syncOperations
        pipeline.removeHandler(gate, promise: nil)
        pipeline.removeHandler(self, promise: nil)
        do { try HTTP2Connection.begin(on: channel, lane, seat) } catch {
            seat.giveBack()
            return channel.close(promise: nil)
        }
        channel.pipeline.fireChannelRead(begun)
        channel.pipeline.fireChannelReadComplete()
        channel.read()
    }
}
