import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Calls an event loop back when it has looked at its sockets: a pipe that is read as one of them.
final class Doorbell: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var writeEnd: Int32?
    /// Until it is taken down.
    private var answer: (() -> Void)?
    private var channel: (any Channel)?

    private init(writeEnd: Int32, answer: @escaping () -> Void) {
        self.writeEnd = writeEnd
        self.answer = answer
    }

    /// Makes one for the queue, whose turns come at its ringing from then on. Without a descriptor for it they go on as they came.
    /// To be called on the queue's event loop.
    static func hang(on turns: TurnQueue) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        let (readEnd, writeEnd) = (ends[0], ends[1])
        let eventLoop = turns.eventLoop
        let queue = NIOLoopBound(turns, eventLoop: eventLoop)
        let hanging = NIOPipeBootstrap(group: eventLoop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let turns = queue.value
                let bell = Doorbell(writeEnd: writeEnd) { turns.run() }
                try channel.pipeline.syncOperations.addHandler(bell)
                turns.doorbell = bell
            }
        }.takingOwnershipOfDescriptor(input: readEnd)
        hanging.whenFailure { _ in for end in [readEnd, writeEnd] { close(end) } }
    }

    func ring() {
        // A pipe that is full rings already.
        if let writeEnd { _ = write(writeEnd, "!", 1) }
    }

    /// Whether it is on its event loop.
    var isHanging: Bool { channel != nil }

    /// Takes it off the event loop.
    func takeDown() { channel?.close(promise: nil) }

    func handlerAdded(context: ChannelHandlerContext) { channel = context.channel }

    func handlerRemoved(context: ChannelHandlerContext) {
        channel = nil
        answer = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { answer?() }

    func channelInactive(context: ChannelHandlerContext) {
        if let end = writeEnd.take() { close(end) }
        context.fireChannelInactive()
    }
}
