import NIOCore
import TrickleCore

extension ResponseHead {
    /// What our relay can do beyond the plain protocol; clients use only what is announced.
    static let features = "resume, range, size, head, wait"

    /// The head as HTTP/1.1 writes it (RFC 9112, section 4).
    ///
    /// - Parameter commonFields: what follows the date, ``relayFields`` or ``plainFields``.
    func encoded(now: HTTPDate, with commonFields: String) -> ByteBuffer {
        // Without interpolation, which makes a string for each line: with many small segments heads are what is made most.
        var bytes = ByteBufferAllocator().buffer(capacity: 512)
        bytes.writeStaticString("HTTP/1.1 ")
        bytes.writeString(status.description)
        bytes.writeStaticString(" ")
        bytes.writeString(Self.reasonPhrase(status))
        bytes.writeStaticString("\r\nDate: ")
        bytes.writeString(now.description)
        bytes.writeString(commonFields)
        for field in fields {
            bytes.writeString(field.name)
            bytes.writeStaticString(": ")
            bytes.writeString(field.value)
            bytes.writeStaticString("\r\n")
        }
        bytes.writeStaticString("\r\n")
        return bytes
    }

    /// What a relay says in every answer: what it can do, and that pages of other origins may read it.
    static let relayFields =
        featuresField + "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: *\r\n" + sniffingField
    /// The same, where pages of other origins may not read it. No cache gives it to somebody else (RFC 9111, section 4.1).
    static let sameOriginFields = featuresField + varyingField + sniffingField
    /// The same, where pages of one origin may read it, with credentials: then a `*` is only a name (the Fetch standard, section 3.3.5).
    ///
    /// - Parameter origin: as `Origin` has it.
    static func fields(for origin: String) -> String {
        featuresField
            + "Access-Control-Allow-Origin: \(origin)\r\nAccess-Control-Allow-Credentials: true\r\n"
            + "Access-Control-Expose-Headers: \(exposed)\r\n" + varyingField + sniffingField
    }
    private static let exposed = HeaderName.ofAnswers.joined(separator: ", ")
    private static let featuresField = "\r\n\(HeaderName.features): \(features)\r\n"
    private static let varyingField = "Vary: Authorization, Cookie, Origin\r\n"
    /// What other servers say in every answer.
    static let plainFields = "\r\n" + sniffingField
    /// A browser that guesses what an answer is may run what is none of its type.
    private static let sniffingField = "X-Content-Type-Options: nosniff\r\n"

    private static func reasonPhrase(_ status: Int) -> String {
        switch status {
        case 101: "Switching Protocols"
        case 200: "OK"
        case 204: "No Content"
        case 206: "Partial Content"
        case 302: "Found"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 470: "Segment Not Found"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        default: "Status"
        }
    }
}
