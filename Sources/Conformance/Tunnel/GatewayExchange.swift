import NIOCore
import NIOHPACK
import NIOHTTP2

/// A stream: one request, and its answer.
final class GatewayExchange: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum Answer {
        case awaited
        /// Its length is known, or it has no body.
        case plain
        case chunked
        case whole

        var isOpen: Bool {
            if case .whole = self { false } else { true }
        }
    }

    private let head: HTTP1RequestReader.Head
    private let target: ConformanceTarget
    private weak var requests: GatewayRequests?
    private var context: ChannelHandlerContext?
    private var answer = Answer.awaited
    private var isLast = false
    private var isOver = false
    /// Whether all of the request has been sent.
    private(set) var isRequestWhole = false

    init(_ head: HTTP1RequestReader.Head, to target: ConformanceTarget, for requests: GatewayRequests) {
        self.head = head
        self.target = target
        self.requests = requests
    }

    var isReading: Bool { head.method == "GET" || head.method == "HEAD" }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // MARK: The request

    /// Whether more of the request can be sent.
    var takesBody: Bool {
        guard let channel = context?.channel, channel.isActive, !isOver else { return false }
        return !isRequestWhole && channel.isWritable
    }

    func channelActive(context: ChannelHandlerContext) {
        if isOver { return context.close(promise: nil) }
        var headers: HPACKHeaders = [
            ":method": head.method, ":scheme": target.isEncrypted ? "https" : "http",
            ":authority": head.values("host").first ?? target.authority, ":path": head.target,
        ]
        // RFC 9113, section 8.2.2.
        let named = head.values("connection").joined(separator: ",").split(separator: ",").map(\.trimmingSpaces)
        let dropped = Self.connectionFields.union(named.map { $0.lowercased() }).union(["host"])
        for field in head.fields where !dropped.contains(field.name) {
            if field.name == "te", field.value != "trailers" { continue }
            headers.add(name: field.name, value: field.value)
        }
        isLast = named.contains { $0.lowercased() == "close" }
        isRequestWhole = !head.hasBody
        let payload = HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: isRequestWhole))
        context.writeAndFlush(wrapOutboundOut(payload), promise: nil)
        context.read()
        requests?.proceed()
    }

    func send(_ bytes: ByteBuffer) { write(.data(.init(data: .byteBuffer(bytes)))) }
    func flush() { context?.flush() }

    func end(_ trailers: [HTTP1RequestReader.Field]) {
        guard !isRequestWhole else { return }
        isRequestWhole = true
        if trailers.isEmpty {
            write(.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true)))
        } else {
            let headers = HPACKHeaders(trailers.map { ($0.name, $0.value) })
            write(.headers(.init(headers: headers, endStream: true)))
        }
        flush()
    }

    private func write(_ payload: HTTP2Frame.FramePayload) { context?.write(wrapOutboundOut(payload), promise: nil) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { requests?.proceed() }
        context.fireChannelWritabilityChanged()
    }

    /// Resets the stream, where it is open.
    func cancel() {
        isOver = true
        context?.close(promise: nil)
    }

    /// The exchange fails before its stream is open.
    func abort() {
        guard !isOver else { return }
        isOver = true
        requests?.abort()
    }

    // MARK: The answer

    func readMore() { context?.read() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        switch unwrapInboundIn(data) {
        case .headers(let headers): take(headers)
        case .data(let data):
            if case .byteBuffer(let bytes) = data.data { takeBody(bytes) }
            if data.endStream { finish() }
        case _: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard !isOver else { return }
        requests?.flush()
        if requests?.isWritable == true { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail() }

    func channelInactive(context: ChannelHandlerContext) {
        fail()
        context.fireChannelInactive()
    }

    /// The stream is over, and the answer has not come to its end.
    private func fail() {
        guard answer.isOpen, !isOver else { return }
        isOver = true
        requests?.abort()
    }

    private func take(_ payload: HTTP2Frame.FramePayload.Headers) {
        let headers = payload.headers
        for (name, _, _) in headers where name != name.lowercased() || Self.connectionFields.contains(name) {
            return fail()
        }
        switch answer {
        case .awaited:
            guard let status = headers.first(name: ":status").flatMap({ Int($0) }) else { return fail() }
            takeHead(status, headers)
            if payload.endStream { finish() }
        case .plain, .chunked:
            guard payload.endStream, headers.first(name: ":status") == nil else { return fail() }
            finish(headers)
        case .whole: break
        }
    }

    private func takeHead(_ status: Int, _ headers: HPACKHeaders) {
        var text = "HTTP/1.1 \(status) \r\n"
        for (name, value, _) in headers where !name.hasPrefix(":") { text += "\(name): \(value)\r\n" }
        guard status >= 200 else {
            requests?.write(ByteBuffer(string: text + "\r\n"))
            return
        }
        // What is answered before the request has ended leaves a rest of it on the connection.
        if !isRequestWhole { isLast = true }
        if isLast { text += "connection: close\r\n" }
        let hasBody = head.method != "HEAD" && status != 204 && status != 304
        answer = hasBody && !headers.contains(name: "content-length") ? .chunked : .plain
        if case .chunked = answer { text += "transfer-encoding: chunked\r\n" }
        requests?.write(ByteBuffer(string: text + "\r\n"))
    }

    private func takeBody(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        switch answer {
        case .awaited, .whole: fail()
        case .plain: requests?.write(bytes)
        case .chunked:
            var chunk = ByteBuffer(string: String(bytes.readableBytes, radix: 16) + "\r\n")
            chunk.writeImmutableBuffer(bytes)
            chunk.writeString("\r\n")
            requests?.write(chunk)
        }
    }

    private func finish(_ trailers: HPACKHeaders = [:]) {
        guard !isOver else { return }
        switch answer {
        case .awaited: return fail()
        case .plain, .whole: break
        case .chunked:
            var text = "0\r\n"
            for (name, value, _) in trailers { text += "\(name): \(value)\r\n" }
            requests?.write(ByteBuffer(string: text + "\r\n"))
        }
        answer = .whole
        requests?.answered(isLast: isLast)
    }

    /// What belongs to a connection of HTTP/1.1.
    private static let connectionFields: Set = [
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
    ]
}
