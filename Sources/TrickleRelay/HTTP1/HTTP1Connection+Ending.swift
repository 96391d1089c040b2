import NIOCore

// How the connection ends.
extension HTTP1Connection {
    /// The relay goes down.
    func relayDrains() {
        switch state {
        // Its last answer has left; many clients see a half-closed connection only when they use it again.
        case .idle: close()
        case .switched: context?.fireUserInboundEventTriggered(SwitchedConnectionEvent.relayDrains)
        case .flushing: closeAfterReading()
        case .receiving, .exchanging, .answering: exchange?.relayDrains()
        case .lingering where isUndisturbed: close()
        case .lingering, .closed: break
        }
    }

    /// Ends the connection at once, without an end of what is under way.
    func breakOff() {
        cancelExchange(after: .cut)
        close()
    }

    func close() {
        if lane.isDraining { closeAtOnce() } else { context?.close(promise: nil) }
    }

    func closeAtOnce() { context?.closeAtOnce() }

    /// Ends the connection so that its last bytes are read: a close with bytes unread would reset it (RFC 9112, section 9.6).
    func closeAfterReading() {
        let hasSentAll = state.hasWholeRequest && gate?.holdsBytes == false
        transition(.lastAnswerEnd)
        endAfterReading(hasSentAll: hasSentAll)
    }

    /// - Parameter hasSentAll: whether the client has sent no more than the request that is answered.
    func endAfterReading(hasSentAll: Bool = false) {
        deadlines.nothingIsDue()
        deadlines.mustTake(within: lane.configuration.readerTimeout)
        guard let context else { return }
        let flushed = lane.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: flushed)
        let connection = NIOLoopBound(self, eventLoop: lane.eventLoop)
        flushed.futureResult.whenSuccess { connection.value.lastByteHasLeft(hasSentAll: hasSentAll) }
        gate?.intakeChanged()
    }

    /// The client reads the last answer, and closes, in its own time, but not for ever.
    private func lastByteHasLeft(hasSentAll: Bool) {
        deadlines.hasTaken()
        isUndisturbed = hasSentAll
        if isUndisturbed, lane.isDraining { return close() }
        deadlines.await(within: lane.configuration.lingerTime)
        context?.close(mode: .output, promise: nil)
    }

    /// Ends the connection in the middle of an answer, so that nobody takes it for the end.
    func cut() {
        // To those without the chunked coding an orderly close is the end of the body, and so is the goodbye of TLS.
        let resets = request?.isHTTP10 == true
        transition(.cut)
        lane.budget.send(TurnBudget.bytesPerCut)
        letGoOfRequest()
        written = []
        guard resets, let socket = channel as? any SocketOptionProvider else { return close() }
        socket.setSoLinger(SendingSocket.reset).assumeIsolated().whenComplete { _ in self.context?.closeWithoutGoodbye()
        }
    }
}
