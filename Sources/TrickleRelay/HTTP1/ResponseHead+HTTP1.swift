import NIOCore
import TrickleCore

extension ResponseHead {
    /// The head as HTTP/1.1 writes it (RFC 9112, section 4).
    ///
    /// - Parameter commonFields: what follows the date.
    func encoded(now: HTTPDate, with commonFields: CommonFields) -> ByteBuffer {
        // Without interpolation, which makes a string for each line: with many small segments heads are what is made most.
        var bytes = ByteBufferAllocator().buffer(capacity: 512)
        bytes.writeStaticString("HTTP/1.1 ")
        bytes.writeString(status.description)
        bytes.writeStaticString(" ")
        bytes.writeString(Self.reasonPhrase(status))
        bytes.writeStaticString("\r\nDate: ")
        bytes.writeString(now.description)
        bytes.writeString(commonFields.http1)
        for field in fields {
            bytes.writeString(field.name)
            bytes.writeStaticString(": ")
            bytes.writeString(field.value)
            bytes.writeStaticString("\r\n")
        }
        bytes.writeStaticString("\r\n")
        return bytes
    }

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
