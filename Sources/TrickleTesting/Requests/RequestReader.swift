import NIOCore
import NIOEmbedded
import NIOHTTP1
import TrickleRelay

/// Reads requests with the handlers that the relay reads them with.
final class RequestReader: ChannelInboundHandler, RequestGate.Keeper {
    typealias InboundIn = HTTPServerRequestPart

    private(set) var trace = RequestTrace()
    private var gate: RequestGate?
    let intake = RequestGate.Intake.taken
    private var keepsAlive = true
    /// Nothing after this is taken for a request.
    private var hasEnded = false

    /// - Parameter pieces: what each read of the connection brings.
    static func read(_ pieces: [[UInt8]]) throws -> RequestTrace {
        let reader = RequestReader()
        let channel = EmbeddedChannel()
        reader.gate = try RequestDecoding.addHandlers(to: channel.pipeline.syncOperations)
        reader.gate?.keeper = reader
        try channel.pipeline.syncOperations.addHandler(reader)
        for piece in pieces where !reader.hasEnded {
            channel.pipeline.fireChannelRead(ByteBuffer(bytes: piece))
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        }
        let trace = reader.trace
        // What is left over is an error of the end, and not of what was read.
        reader.hasEnded = true
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return trace
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if hasEnded { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            gate?.headEnded(framing: RequestDecoding.framing(of: head))
            if RequestDecoding.refusal(of: head) != nil { return refuse() }
            keepsAlive = RequestDecoding.keepsAlive(after: head)
            trace.requests.append(.init(method: head.method.rawValue, target: head.uri))
        case .body(let bytes): received(bytes)
        case .end:
            trace.requests[trace.requests.count - 1].isWhole = true
            hasEnded = !keepsAlive
        }
    }

    var takesBody: Bool { !hasEnded }
    func received(_ bytes: ByteBuffer) {
        trace.requests[trace.requests.count - 1].body += bytes.readableBytesView
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !hasEnded { refuse() }
    }

    private func refuse() {
        trace.isRefused = true
        hasEnded = true
    }
}
