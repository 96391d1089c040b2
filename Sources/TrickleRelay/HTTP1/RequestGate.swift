import NIOCore
import TrickleCore

/// Lets one request after the other in: what is pipelined behind one that is being answered waits as the bytes that came.
///
/// A client that sends requests and does not read the answers costs what one read brings, and then its own socket's memory.
package final class RequestGate: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Who takes the requests.
    package protocol Keeper: AnyObject {
        /// What becomes of the bytes that follow; ``RequestGate/intakeChanged()`` is told of changes.
        var intake: Intake { get }
        /// Whether a client that has shut down its sending side is still to get an answer.
        var owesAnswer: Bool { get }
        /// The connection's first bytes are HTTP/2.
        ///
        /// - Returns: whether somebody takes that, with ``RequestGate/takeHeld()``; the bytes are a bad request otherwise.
        func takesHTTP2() -> Bool
        /// Whether ``received(_:)`` takes a body's bytes.
        var takesBody: Bool { get }
        /// Bytes of a body that need no parser.
        func received(_ bytes: ByteBuffer)
    }

    /// What becomes of bytes that come.
    package enum Intake: Sendable {
        /// Up to the end of a head or of a request they go on.
        case taken
        /// They wait, and once some do, nothing more is read.
        case held
        /// As ``held``, for a body of which enough has been taken for now: nothing more is read at all.
        case heldBack
        case thrownAway
        /// They go on as they are, and are no requests.
        case passedOn
    }

    /// What may wait. Only a client gets there that shuts down its sending side with more on the way than can be taken at once:
    /// its connection is closed.
    static let maximumHeldByteCount = 512 << 10
    /// What one connection may take up in one go; then others have their turn.
    private static let unitsPerTurn = 128
    /// What a head takes up, and the bytes of a body that are taken in one go; each of its chunks takes up one more.
    private static let unitsPerHead = 4
    private static let unitsPerBody = 1
    /// The lines of a chunk: before its bytes, and behind.
    private static let elementsPerChunk = 2

    /// Let go of when the gate leaves the pipeline. A weak reference would make all counting of the keeper's references slow.
    package var keeper: (any Keeper)?
    private let turns: TurnQueue
    private let maximumHeadByteCount: Int
    private var boundary: MessageBoundary
    private var held = ByteBuffer()
    /// Whether what has come may be the beginning of HTTP/2.
    private var isAtStart = true
    private var isFeeding = false
    /// Whether it goes on by itself in the event loop's next turn.
    private var isPaused = false
    private var isWithholdingRead = false
    /// Whether the client has shut down its sending side.
    private var inputHasEnded = false
    private var context: ChannelHandlerContext?

    /// Heads, chunks' lines and trailers that have begun on the connection.
    package var elementCount: Int { boundary.elementCount + (mayBeginHTTP2 ? 1 : 0) }
    /// Whether the last of them has not ended, so that the rest of it is due.
    package var isInsideElement: Bool { mayBeginHTTP2 || boundary.isInsideElement }
    /// Whether bytes wait of which the next ones decide what they are: in either version a head has begun.
    private var mayBeginHTTP2: Bool { isAtStart && held.readableBytes > 0 }

    /// - Parameters:
    ///   - turns: of the connection's event loop.
    ///   - maximumHeadByteCount: a request with a longer head or trailer is answered with 431.
    init(turns: TurnQueue, maximumHeadByteCount: Int) {
        self.turns = turns
        self.maximumHeadByteCount = maximumHeadByteCount
        boundary = MessageBoundary(
            maximumRequestLineByteCount: RelayRequest.maximumTargetByteCount + 32,
            maximumTrailerByteCount: maximumHeadByteCount)
    }

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        keeper = nil
        held = ByteBuffer()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        switch keeper?.intake {
        case .thrownAway: return
        case .passedOn where held.readableBytes == 0: return context.fireChannelRead(data)
        case .passedOn, .taken, .held, .heldBack, nil: break
        }
        if held.readableBytes == 0 {
            held = bytes
        } else if held.readableBytes + bytes.readableBytes <= Self.maximumHeldByteCount {
            held.writeBuffer(&bytes)
        } else {
            held = ByteBuffer()
            return context.close(promise: nil)
        }
        if isAtStart {
            switch HTTP2Preface(held.readableBytesView) {
            case .incomplete: return
            case .absent: isAtStart = false
            case .present:
                isAtStart = false
                if keeper?.takesHTTP2() == true { return }
            }
        }
        feed()
    }

    /// Whether something waits behind the request that is answered.
    var holdsBytes: Bool { held.readableBytes > 0 }

    /// What waits, for somebody else.
    func takeHeld() -> ByteBuffer {
        defer { held = ByteBuffer() }
        return held
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else { return context.fireUserInboundEventTriggered(event) }
        inputHasEnded = true
        closeWhenTaken()
    }

    /// Ends the connection of a client that sends no more, once the request that it was sending is whole.
    private func closeWhenTaken() {
        guard inputHasEnded, !isPaused, !isFeeding, keeper?.owesAnswer != true, keeper?.intake != .heldBack else {
            return
        }
        // A crowd that leaves at once costs the system a good while.
        guard turns.unitsLeft > 0 else { return pause() }
        turns.take(Self.unitsPerHead)
        context?.close(promise: nil)
    }

    package func read(context: ChannelHandlerContext) {
        let isHeadWhole = held.readableBytes > 0 && !mayBeginHTTP2 && !holdsBegunHead
        isWithholdingRead = isHeadWhole || keeper?.intake == .heldBack
        if !isWithholdingRead { context.read() }
    }

    /// Whether what waits is the beginning of a head, of which the rest is due. To be asked between requests.
    var holdsBegunHead: Bool {
        guard held.readableBytes > 0, held.readableBytes <= maximumHeadByteCount else { return false }
        var boundary = boundary
        let count = held.withUnsafeReadableBytes { try? boundary.advance(over: $0, maximumChunkCount: 1) }
        return count == held.readableBytes && boundary.isInsideElement
    }

    /// To be called when a head has been read, at once.
    package func headEnded(framing: MessageBoundary.Framing) { boundary.framed(by: framing) }

    /// To be called when something else becomes of the bytes than before.
    func intakeChanged() {
        switch keeper?.intake {
        case .taken:
            resume()
            if !isFeeding { readOn() }
            closeWhenTaken()
        case .thrownAway:
            held = ByteBuffer()
            if !isFeeding { readOn() }
        case .passedOn: passOn()
        case .held, .heldBack, nil: break
        }
    }

    private func resume() {
        guard !isFeeding, !isPaused, held.readableBytes > 0, let context else { return }
        feed()
        context.fireChannelReadComplete()
        readOn()
        closeWhenTaken()
    }

    private func passOn() {
        guard let context else { return }
        if held.readableBytes > 0 {
            let bytes = held
            held = ByteBuffer()
            context.fireChannelRead(wrapInboundOut(bytes))
            context.fireChannelReadComplete()
        }
        readOn()
    }

    private func readOn() {
        guard isWithholdingRead, held.readableBytes == 0 else { return }
        isWithholdingRead = false
        context?.read()
    }

    private func feed() {
        guard !isFeeding, !isPaused, let context, let keeper else { return }
        isFeeding = true
        defer { isFeeding = false }
        var unitsLeft = min(Self.unitsPerTurn, turns.unitsLeft)
        while held.readableBytes > 0, keeper.intake == .taken {
            guard unitsLeft > 0 else { return pause() }
            if keeper.takesBody, let data = takeWholeChunk() {
                unitsLeft -= Self.unitsPerBody
                turns.take(Self.unitsPerBody)
                keeper.received(data)
                continue
            }
            let elementCount = boundary.elementCount
            let least = boundary.isInHead ? Self.unitsPerHead : Self.unitsPerBody
            do throws(MessageBoundary.Objection) {
                let count = try held.withUnsafeReadableBytes { bytes throws(MessageBoundary.Objection) in
                    try boundary.advance(over: bytes, maximumChunkCount: unitsLeft)
                }
                let units = least + (boundary.elementCount - elementCount) / Self.elementsPerChunk
                unitsLeft -= units
                turns.take(units)
                guard var bytes = held.readSlice(length: count) else { return }
                if let tab = boundary.firstFieldTab { bytes.replaceTabs(from: tab) }
                if held.readableBytes == 0 { held = ByteBuffer() }
                context.fireChannelRead(wrapInboundOut(bytes))
            } catch {
                held = ByteBuffer()
                context.fireErrorCaught(RequestProblem(error))
            }
        }
    }

    /// The data of the chunk that is next, which no parser has to see: before it and behind it the parser expects the same.
    private func takeWholeChunk() -> ByteBuffer? {
        guard boundary.isBeforeChunk, let chunk = held.withUnsafeReadableBytes({ WholeChunk($0) }) else { return nil }
        let data = held.getSlice(at: held.readerIndex + chunk.data.lowerBound, length: chunk.data.count)
        held.moveReaderIndex(forwardBy: chunk.byteCount)
        if held.readableBytes == 0 { held = ByteBuffer() }
        return data
    }

    private func pause() {
        isPaused = true
        turns.append(isMedia: !boundary.isInHead) { [self] in
            isPaused = false
            resume()
            closeWhenTaken()
        }
    }
}

extension RequestGate.Keeper {
    package var owesAnswer: Bool { false }
    package func takesHTTP2() -> Bool { false }
    package var takesBody: Bool { false }
    package func received(_: ByteBuffer) {}
}

extension RequestProblem {
    fileprivate init(_ objection: MessageBoundary.Objection) {
        switch objection {
        case .requestLine: self = .targetTooLong
        case .method: self.init(status: 501, reason: "this relay does not know the request's method", label: "method")
        case .sizeLine:
            let limit = MessageBoundary.maximumSizeLineByteCount
            self = .badRequest("the line with a chunk's size has more than \(limit) bytes")
        case .trailer: self.init(status: 431, reason: "the request's trailer is too large")
        }
    }
}

extension ByteBuffer {
    /// Puts a space in the place of each tab: around and in a field's value they mean the same (RFC 9110, section 5.5), and the
    /// parser takes only a space behind a length.
    fileprivate mutating func replaceTabs(from offset: Int) {
        for index in readerIndex + offset..<writerIndex
        where getInteger(at: index, as: UInt8.self) == UInt8(ascii: "\t") {
            setInteger(UInt8(ascii: " "), at: index)
        }
    }
}
