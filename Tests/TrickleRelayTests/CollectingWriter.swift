import NIOCore
import TrickleCore

@testable import TrickleRelay

/// A wire without any framing: it keeps what it is told.
final class CollectingWriter: ResponseWriter {
    var terms: AnswerTerms?
    enum Event: Equatable {
        case continueAsked
        case head(Int)
        case payload(String)
        case trailers([HeaderField])
        case end
        case cut
        case switched(String)
    }

    private(set) var events: [Event] = []
    private(set) var heads: [ResponseHead] = []
    private var unsent: [Event] = []
    let carriesTrailers = true
    /// As long as it is false, nothing is to be written.
    var isWritable = true
    private(set) var exchange: (any Exchange)?

    /// Has `exchange` answer a request without a body.
    func answer(with exchange: any Exchange) {
        self.exchange = exchange
        exchange.start()
        self.exchange?.receivedEnd()
    }

    /// All payload so far.
    var payload: String {
        events.reduce("") { text, event in if case .payload(let more) = event { text + more } else { text } }
    }

    func sendContinue() { events.append(.continueAsked) }
    func awaitBody() {}

    func holdBody(_ isHeld: Bool) {}

    func answer(_ head: ResponseHead, body: ByteBuffer) {
        begin(head, .counted(body.readableBytes))
        if body.readableBytes > 0 { write(body) }
        end()
    }

    func begin(_ head: ResponseHead, _ body: ResponseBody) {
        heads.append(head)
        unsent.append(.head(head.status))
    }

    func begin(_ head: SharedHead) { begin(head.head, head.body) }

    func write(_ piece: EncodedPiece) -> Int { append(piece.payload) }
    func write(_ piece: EncodedPiece, _ range: Range<Int>) -> Int { append(piece.slice(range)) }
    func write(_ bytes: ByteBuffer) { _ = append(bytes) }

    private func append(_ bytes: ByteBuffer) -> Int {
        unsent.append(.payload(String(buffer: bytes)))
        return bytes.readableBytes
    }

    func flush() {
        events += unsent
        unsent = []
    }

    func send(_ newest: NewestPiece) -> Int {
        defer { flush() }
        return write(newest.piece.pointee)
    }

    func end(trailers: [HeaderField], isBroken: Bool) {
        flush()
        if !trailers.isEmpty { events.append(.trailers(trailers)) }
        events.append(.end)
    }

    func cut() { events.append(.cut) }

    func switchProtocol(_ head: ResponseHead, to other: ProtocolSwitch) { events.append(.switched(other.name)) }

    func handOver(to exchange: any Exchange) {
        self.exchange = exchange
        exchange.start()
    }
}
