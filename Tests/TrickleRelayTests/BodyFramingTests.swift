import NIOCore
import Testing
import TrickleCore

@testable import TrickleRelay

@Suite struct BodyFramingTests {
    private let piece = EncodedPiece(payload: Array("hello".utf8))

    @Test func `a body whose length is not known is chunked, and ends with the connection for HTTP/1.0`() {
        let body = ResponseBody.trickling(trailers: ["A", "B"])
        let framing = BodyFraming(body, isHTTP10: false)
        var head = ResponseHead(status: 200)
        head.frame(body, as: framing)
        #expect(head.fields == [HeaderField("Transfer-Encoding", "chunked"), HeaderField("Trailer", "A, B")])
        #expect(String(buffer: framing.bytes(of: piece)) == "5\r\nhello\r\n")
        #expect(String(buffer: framing.bytes(of: piece.slice(1..<4))) == "3\r\nell\r\n")
        #expect(framing.end([]).map { String(buffer: $0) } == "0\r\n\r\n")
        #expect(framing.end([HeaderField("A", "b")]).map { String(buffer: $0) } == "0\r\nA: b\r\n\r\n")

        let old = BodyFraming(body, isHTTP10: true)
        var oldHead = ResponseHead(status: 200)
        oldHead.frame(body, as: old)
        #expect(oldHead.fields.isEmpty)
        #expect(String(buffer: old.bytes(of: piece)) == "hello")
        #expect(old.end([HeaderField("A", "b")]) == nil)
    }

    @Test func `a body whose length is known comes as it is`() {
        for isHTTP10 in [false, true] {
            let framing = BodyFraming(.counted(5), isHTTP10: isHTTP10)
            var head = ResponseHead(status: 200)
            head.frame(.counted(5), as: framing)
            #expect(head.fields == [HeaderField("Content-Length", "5")])
            #expect(String(buffer: framing.bytes(of: piece.slice(1..<4))) == "ell")
            #expect(framing.end([]) == nil)
        }
    }
}
