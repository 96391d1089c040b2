import NIOCore
import NIOHPACK
import TrickleCore

/// The way of one answer to its client. An exchange says *what* is answered; the writer knows *how* its wire has it.
///
///     answer                                      an answer that is whole
///     begin ─► write … flush ─► … ─► end | cut    one whose bytes come with time
///
/// HTTP/1 (``HTTP1Connection``) and HTTP/2 (``HTTP2Stream``) are two ways. Lives and is called on the lane's event loop only.
protocol ResponseWriter: AnyObject {
    /// Whether more is taken; ``Exchange/writable()`` tells when it is again. What is written meanwhile waits in order.
    var isWritable: Bool { get }
    /// Whether ``end(trailers:isBroken:)`` can still tell something. HTTP/1.0 cannot.
    var carriesTrailers: Bool { get }

    /// What access adds to the answer; nil for nothing. To be set before anything is written.
    var terms: AnswerTerms? { get set }

    /// Asks for the request's body (RFC 9110, section 10.1.1), or says that it is still waited for.
    func sendContinue()

    /// Whether the rest of the request's body is to wait at its sender. Bytes that are on their way may still come.
    func holdBody(_ isHeld: Bool)

    /// Nothing is answered before the rest of the request's body has come: it has to come as soon as a head.
    func awaitBody()

    /// Writes a whole answer.
    ///
    /// - Parameter body: not copied. To a HEAD only its length is told.
    func answer(_ head: ResponseHead, body: ByteBuffer)

    /// Begins an answer. The head leaves with the next ``flush()``, so that it can go with the first bytes.
    func begin(_ head: ResponseHead, _ body: ResponseBody)
    func begin(_ head: SharedHead)

    /// Adds a piece to what the next ``flush()`` sends.
    ///
    /// - Returns: how many bytes the wire has for it.
    func write(_ piece: EncodedPiece) -> Int
    /// Adds a part of a piece: `range` of its payload.
    func write(_ piece: EncodedPiece, _ range: Range<Int>) -> Int
    /// Adds bytes that are no shared piece's; not empty.
    func write(_ bytes: ByteBuffer)
    /// Sends what was begun and written.
    func flush()
    /// Sends the newest piece at once. Only where ``isWritable`` is true and all that was written has been flushed.
    ///
    /// - Returns: how many bytes the wire has for it.
    func send(_ newest: NewestPiece) -> Int

    /// Flushes, and ends the answer.
    ///
    /// - Parameters:
    ///   - trailers: what is known only now; lost where ``carriesTrailers`` is false.
    ///   - isBroken: whether the body ends early, which a wire without trailers has to show in another way.
    func end(trailers: [HeaderField], isBroken: Bool)
    /// Ends the answer in the middle, so that nobody takes it for the end.
    func cut()

    /// Answers that the connection goes on with another protocol, and lets that have it.
    func switchProtocol(_ head: ResponseHead, to other: ProtocolSwitch)

    /// Lets another exchange give the answer, of which nothing has been written.
    func handOver(to exchange: any Exchange)
}

extension ResponseWriter {
    func end(trailers: [HeaderField] = []) { end(trailers: trailers, isBroken: false) }
}

/// How long a body is.
enum ResponseBody {
    /// So many bytes, all of which are there.
    case counted(Int)
    /// As long as bytes come. Fields of these names may come behind it.
    case trickling(trailers: [String])
    /// As long as a channel lives: hardly ever does another request follow.
    case endless
}

/// A head that many answers begin with.
final class SharedHead {
    let head: ResponseHead
    let body: ResponseBody
    /// The head as HTTP/1 writes it on a connection that goes on.
    var http1 = Encoded<ByteBuffer>()
    /// The head as HTTP/2 has it, before it is compressed.
    var http2 = Encoded<HPACKHeaders>()

    /// What has been made of it once: for pages of all origins to read, and for those of the relay's own.
    struct Encoded<Head> {
        private var allOrigins: Head?
        private var sameOrigin: Head?

        /// - Parameter encode: makes it.
        mutating func head(for readers: PageReaders, _ encode: () -> Head) -> Head {
            switch readers {
            case .allOrigins: Self.kept(&allOrigins, encode)
            case .sameOrigin: Self.kept(&sameOrigin, encode)
            case .origin: encode()
            }
        }

        private static func kept(_ head: inout Head?, _ encode: () -> Head) -> Head {
            if let head { return head }
            let new = encode()
            head = new
            return new
        }
    }

    init(_ head: ResponseHead, _ body: ResponseBody) {
        self.head = head
        self.body = body
    }
}
