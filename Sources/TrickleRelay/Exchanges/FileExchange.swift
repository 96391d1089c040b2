import NIOCore
import NIOPosix
import TrickleCore

/// Answers with a file, or a range of it: block after block is read off the event loop, while the connection takes them.
final class FileExchange: Exchange {
    let startsAtHead = false
    private let request: IncomingRequest
    private let response: RampResponse
    private let path: String
    private var file: RegularFile?
    /// What is still to be sent.
    private var rest = 0..<0
    private var isReading = false
    private var isCancelled = false

    /// Bytes that are read, and handed to the connection, at a time.
    private static let blockByteCount = 128 << 10

    init(_ request: IncomingRequest, _ response: RampResponse, path: String) {
        self.request = request
        self.response = response
        self.path = path
    }

    func start() {
        isReading = true
        offLoop({ [path] in RegularFile(path) }) { exchange, file in exchange.opened(file) }
    }

    func writable() { readOn() }
    func cancelled() {
        isCancelled = true
        file = nil
    }

    /// Runs `work` on a thread that may wait for a disk, and `done` with what it says back here.
    private func offLoop<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value, then done: @escaping @Sendable (FileExchange, Value) -> Void
    ) {
        let exchange = NIOLoopBound(self, eventLoop: request.lane.eventLoop)
        NIOThreadPool.singleton.runIfActive(eventLoop: request.lane.eventLoop, work).whenSuccess {
            exchange.value.isReading = false
            done(exchange.value, $0)
        }
    }

    private func opened(_ file: RegularFile?) {
        if isCancelled { return }
        guard let file else { return request.refuse(.notFound("the file is not here")) }
        var head = ResponseHead(status: response.status, response.headerFields)
        head.add("Accept-Ranges", "bytes")
        rest = 0..<file.byteCount
        let tag = response.fields.first { $0.name.lowercased() == "etag" }?.value
        if let range = request.head.range(ifTagged: tag ?? "") {
            switch range.selection(of: file.byteCount, isOpen: false) {
            case .bytes(let bytes):
                rest = bytes
                head.status = 206
                head.add("Content-Range", "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(file.byteCount)")
            case .unsatisfiable, .edge, .stream:
                let fields = [HeaderField("Content-Range", "bytes */\(file.byteCount)")]
                return request.refuse(
                    RequestProblem(status: 416, reason: "the file has \(file.byteCount) bytes", fields: fields))
            }
        }
        if request.head.method == .head {
            head.add("Content-Length", rest.count)
            return request.answer(head)
        }
        self.file = file
        request.writer.begin(head, .counted(rest.count))
        rest.isEmpty ? end() : readOn()
    }

    private func readOn() {
        guard let file, !isReading, request.writer.isWritable else { return }
        isReading = true
        let block = rest.prefix(Self.blockByteCount)
        offLoop({ file.read(block) }) { exchange, bytes in exchange.read(bytes) }
    }

    private func read(_ bytes: ByteBuffer?) {
        guard file != nil else { return }
        // A file that has become shorter meanwhile is not all that was promised.
        guard let bytes, bytes.readableBytes > 0 else {
            file = nil
            return request.writer.cut()
        }
        rest = rest.dropFirst(bytes.readableBytes)
        request.writer.write(bytes)
        if rest.isEmpty { return end() }
        request.writer.flush()
        readOn()
    }

    private func end() {
        file = nil
        request.writer.end()
    }
}
