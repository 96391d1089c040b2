import NIOHTTP1
import TrickleCore

/// A request's head, with what this relay reads from it.
struct RelayRequest: Sendable, CustomStringConvertible {
    let method: RequestMethod?
    let target: String
    /// HTTP/1.0 has no chunked coding, no trailers and no 100.
    let isHTTP10: Bool
    let isHTTP2: Bool
    /// Whether the connection may carry another request after this one.
    let keepsAlive: Bool
    private let headers: HTTPHeaders
    /// Whether body bytes follow the head, where its fields do not say so.
    private let isFollowed: Bool?
    /// What is wrong with how the head came.
    private let objection: RequestProblem?

    /// - Parameters:
    ///   - hasBody: whether body bytes follow; nil where the fields say that.
    ///   - objection: what is wrong with how the head came; nil for nothing.
    init(_ head: HTTPRequestHead, hasBody: Bool? = nil, objection: RequestProblem? = nil) {
        isFollowed = hasBody
        self.objection = objection
        method = RequestMethod(rawValue: head.method.rawValue)
        target = head.uri
        isHTTP10 = head.version == .http1_0
        isHTTP2 = head.version == .http2
        // Behind a request for another protocol or a tunnel nothing is read as a request.
        let asksForAnotherProtocol = head.method == .CONNECT || head.headers.contains(name: "Upgrade")
        keepsAlive = head.isKeepAlive && !isHTTP10 && !asksForAnotherProtocol
        headers = Self.trimmed(head.headers)
    }

    /// White space around a value is no part of it (RFC 9110, section 5.5); the parser leaves what stands behind it.
    ///
    /// The parser's array has room for sixteen fields, which a request that waits would hold: this one has only what it needs.
    private static func trimmed(_ headers: HTTPHeaders) -> HTTPHeaders {
        let isSpace = { (byte: UInt8?) in byte == 0x20 || byte == 0x09 }
        return HTTPHeaders(
            headers.map { field in
                guard isSpace(field.value.utf8.last) else { return field }
                var value = field.value.utf8[...]
                while isSpace(value.last) { value.removeLast() }
                return (field.name, String(Substring(value)))
            })
    }

    /// The method and the path. What may let its client in is not printed: neither the query nor the fields.
    var description: String {
        "\(method?.rawValue ?? "UNKNOWN") \(target.prefix { $0 != "?" && $0 != "#" })"
    }

    /// Which bytes behind the head are the request's, as the parser that let it pass sees it (RFC 9112, section 6.3).
    var framing: MessageBoundary.Framing {
        if headers.contains(name: "Transfer-Encoding") { return .chunked }
        guard let count = headers.first(name: "Content-Length").flatMap(UInt64.init), count > 0 else { return .none }
        return .length(count)
    }

    /// Whether body bytes follow the head.
    var hasBody: Bool { isFollowed ?? (framing != .none) }

    /// Whether it asks for another protocol, whichever.
    var asksForUpgrade: Bool { headers.contains(name: "Upgrade") }

    /// Whether it asks that the connection go on with the protocol of that name (RFC 9110, section 7.8).
    func asks(for protocolName: String) -> Bool {
        !isHTTP10 && headers[canonicalForm: "Connection"].contains { $0.lowercased() == "upgrade" }
            && headers[canonicalForm: "Upgrade"].contains { $0.lowercased() == protocolName.lowercased() }
    }

    /// The field's only value; nil when it is absent or empty.
    func field(_ name: String) -> String? {
        headers.first(name: name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// From where a web page comes that asks (RFC 6454, section 7); nil where no page does.
    var origin: String? { headers.first(name: "Origin") }

    /// Whether a script asks, or what else a page has: it says so, or its browser does (Fetch Metadata, section 2.2). A visitor who could be
    /// asked for a password is behind navigation alone.
    var isOfScript: Bool {
        if field("X-Requested-With") != nil { return true }
        return field("Sec-Fetch-Mode").map { $0.lowercased() != "navigate" } ?? false
    }

    /// What a browser asks to send in a request that it asks for first, and of what `*` is no part (the Fetch standard, section 3.3.4).
    var fieldsOfPreflight: String? {
        field("Access-Control-Request-Headers").flatMap { $0.utf8.count > 1024 ? nil : $0 }
    }

    /// Whom a proxy says that it asks for; a list in each, the nearest hop last.
    var forwardedFor: [String] { headers["X-Forwarded-For"] }

    /// What the framing of the request breaks, if anything (RFC 9112, sections 3.2 and 6).
    var problem: RequestProblem? {
        if let objection { return objection }
        if target.utf8.count > Self.maximumTargetByteCount {
            return .targetTooLong
        }
        if headers["Host"].count != 1, !isHTTP10 {
            return .badRequest(
                isHTTP2 ? "an HTTP/2 request has an authority" : "an HTTP/1.1 request has one Host field")
        }
        let codings = headers["Transfer-Encoding"]
        if !codings.isEmpty, codings.count != 1 || codings[0].lowercased() != "chunked" {
            return RequestProblem(status: 501, reason: "the only transfer coding here is 'chunked', alone")
        }
        if let type = contentType, type.utf8.count > 255 {
            return .badRequest("the content type is longer than 255 bytes")
        }
        return nil
    }

    /// Bytes of the longest target that is read; a channel's name takes 765 of them at most.
    static let maximumTargetByteCount = 8 << 10

    /// What the channel is to carry, as `Expect-Content` or the request's own type says.
    var contentType: String? { field(HeaderName.expectContent) ?? field("Content-Type") }
    var expectsContinue: Bool { field("Expect")?.lowercased() == "100-continue" && !isHTTP10 }
    var wantsEarlyHead: Bool { field(HeaderName.head)?.lowercased() == "early" && !isHTTP10 }

    /// Whether the publisher takes the place of others.
    var pushesAside: Bool { field(HeaderName.reset) != nil }

    /// What the POST asks for.
    ///
    /// - Throws: ``RequestProblem`` when a field makes no sense.
    func publishRequest(at position: SegmentPosition) throws(RequestProblem) -> PublishRequest {
        if isHTTP10, headers.first(name: "Content-Length") == nil {
            throw RequestProblem(status: 411, reason: "say Content-Length, or use HTTP/1.1 and the chunked coding")
        }
        var publish = PublishRequest(position, contentType: contentType)
        if let text = headers.first(name: "Content-Length") {
            // The parser takes digits only, and up to 64 bits of them.
            guard let count = Int(text) else { throw .lengthTooLarge }
            publish.byteCount = count
        }
        publish.resets = pushesAside
        publish.publisher = try publisher()
        if let text = field(HeaderName.offset) {
            guard publish.publisher != nil, let offset = SequenceNumber(text) else {
                throw .badRequest("\(HeaderName.offset) is a number of bytes, and goes with \(HeaderName.publisher)")
            }
            publish.offset = offset.value
        }
        return publish
    }

    /// Who publishes, if it says so.
    ///
    /// - Throws: ``RequestProblem`` when the name is too long.
    func publisher() throws(RequestProblem) -> String? {
        let publisher = field(HeaderName.publisher)
        guard publisher?.utf8.count ?? 0 <= 255 else {
            throw .badRequest("\(HeaderName.publisher) has at most 255 bytes")
        }
        return publisher
    }

    /// How long the reader is ready to wait, in seconds; nil without the field.
    ///
    /// - Throws: ``RequestProblem`` when it is no number.
    func waitSeconds() throws(RequestProblem) -> Double? {
        guard let text = headers.first(name: HeaderName.wait) else { return nil }
        guard let seconds = Double(text), seconds >= 0, seconds <= 86_400 else {
            throw .badRequest("\(HeaderName.wait) is a number of seconds, 0 to 86400")
        }
        return seconds
    }

    /// The range, unless `If-Range` names another incarnation (RFC 9110, section 13.1.5).
    func range(ifTagged tag: String) -> ByteRange? {
        guard let range = field("Range").flatMap(ByteRange.init) else { return nil }
        if let condition = field("If-Range"), condition != tag { return nil }
        return range
    }
}
