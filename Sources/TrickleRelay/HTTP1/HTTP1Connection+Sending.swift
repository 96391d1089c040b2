import NIOCore

// Bytes go to the socket at once, and what it does not take to NIO's queue.
extension HTTP1Connection {
    /// Whether the descriptor is this connection's: NIO closes it before it says so, and the number may be another's by then.
    private var isOpen: Bool { channel?.isActive ?? false }

    /// Sends at once, past NIO's queue: for a connection that is writable, which is what an empty queue makes it.
    ///
    /// What the socket does not take goes through the queue, and makes the connection unwritable until it has left.
    ///
    /// - Parameter rest: the end of the bytes from an offset on, as a buffer.
    func send(_ bytes: UnsafeRawBufferPointer, rest: (Int) -> ByteBuffer) {
        guard isOpen else { return }
        let sent = max(0, socket?.send(bytes) ?? 0)
        lane.budget.send(socket == nil ? bytes.count : sent)
        guard sent != bytes.count else { return }
        enqueue(rest(sent))
        flushQueue()
    }

    /// As above, of several buffers; on a connection that is not writable they go to the queue's end.
    func send(_ buffers: [ByteBuffer]) {
        guard isWritable else {
            for buffer in buffers { enqueue(buffer) }
            context?.flush()
            return
        }
        guard isOpen else { return }
        var sent = max(0, socket?.send(buffers) ?? 0)
        lane.budget.send(socket == nil ? buffers.reduce(0) { $0 + $1.readableBytes } : sent)
        for buffer in buffers {
            let count = min(sent, buffer.readableBytes)
            sent -= count
            if count < buffer.readableBytes { enqueue(buffer.from(count)) }
        }
        if !isWritable { flushQueue() }
    }

    /// Sends what a writable connection has just been given. It is writable again if all of it has left.
    private func flushQueue() {
        isSending = true
        context?.flush()
        // What went past the queue behind TLS does not change the channel.
        if socket == nil { becameWritable() }
        isSending = false
    }

    /// Looks whether something waits in NIO's queue that others have put there.
    func noteQueue() {
        guard isWritable, let channel, !channel.isWritable else { return }
        isWritable = false
        deadlines.mustTake(within: lane.configuration.readerTimeout)
    }

    /// Puts bytes into NIO's queue; they leave with its next flush.
    private func enqueue(_ bytes: ByteBuffer) {
        if isWritable {
            isWritable = false
            deadlines.mustTake(within: lane.configuration.readerTimeout)
        }
        guard let context else { return }
        // A single byte is below the water mark, of which NIO says nothing.
        var written: EventLoopPromise<Void>?
        if bytes.readableBytes <= 1 {
            written = lane.eventLoop.makePromise()
            let connection = NIOLoopBound(self, eventLoop: lane.eventLoop)
            written?.futureResult.whenSuccess { connection.value.becameWritable() }
        }
        context.write(wrapOutboundOut(bytes), promise: written)
    }

    func becameWritable() {
        guard !isWritable, let channel, channel.isWritable else { return }
        isWritable = true
        if isSending { deadlines.hasTaken() } else { queueEnded() }
    }
}
