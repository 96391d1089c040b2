import NIOCore
import NIOHTTP1

// The way out of HTTP (RFC 9110, section 7.8).
extension HTTP1Connection {
    func switchProtocol(_ head: ResponseHead, to other: ProtocolSwitch) {
        guard state == .answering, let context else { return }
        // The host's handlers stay, and understand nothing but HTTP.
        if hasHostHandlers { return refuseSwitch() }
        do {
            let pipeline = context.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            // It leaves later in the event loop's turn: until then the gate holds what the client sends.
            pipeline.removeHandler(decoder).assumeIsolated().whenSuccess { self.hand(over: head, to: other) }
        } catch {
            close()
        }
    }

    private func refuseSwitch() {
        let problem = RequestProblem(status: 421, reason: "ask for another protocol on a connection of its own")
        let head = ResponseHead(problem)
        lane.count(head)
        answer(head, body: ByteBuffer(string: problem.body))
    }

    private func hand(over head: ResponseHead, to other: ProtocolSwitch) {
        guard state == .answering, let channel else { return }
        var head = head
        head.add("Connection", "Upgrade")
        head.add("Upgrade", other.name)
        send([head.encoded(now: lane.date(), with: commonFields)])
        guard state == .answering else { return }
        endHTTP()
        do { try other.install(channel, lane) } catch { return close() }
        gate?.intakeChanged()
    }
}
