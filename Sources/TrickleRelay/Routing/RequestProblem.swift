import NIOHTTP1
import TrickleCore

/// A request that gets an error: the status, and one plain line that says why.
struct RequestProblem: Error, Equatable {
    var status: Int
    var reason: String
    var fields: [HeaderField] = []
    /// What metrics call it.
    var label: String

    static func badRequest(_ reason: String) -> RequestProblem { RequestProblem(status: 400, reason: reason) }
    static func notFound(_ reason: String) -> RequestProblem { RequestProblem(status: 404, reason: reason) }

    static let targetTooLong = RequestProblem(
        status: 414, reason: "the request target has more than \(RelayRequest.maximumTargetByteCount) bytes")

    static let headTooLarge = RequestProblem(status: 431, reason: "the request's head is too large")

    static let lengthTooLarge = RequestProblem(
        status: 413, reason: "Content-Length is beyond what any relay keeps; make shorter segments",
        label: "segment_bytes")

    static let tooManyConnections = RequestProblem(
        status: 429, reason: "too many connections from this address", fields: [HeaderField("Retry-After", "1")],
        label: "connections")

    static func methodNotAllowed(_ allowed: String) -> RequestProblem {
        RequestProblem(
            status: 405, reason: "only \(allowed) can be asked here", fields: [HeaderField("Allow", allowed)])
    }

    static func upgradeRequired(_ name: String) -> RequestProblem {
        RequestProblem(
            status: 426, reason: "this path speaks \(name): ask for it with Connection and Upgrade",
            fields: [HeaderField("Upgrade", name)])
    }

    init(status: Int, reason: String, fields: [HeaderField] = [], label: String? = nil) {
        self.label = label ?? Self.label(of: status)
        self.status = status
        self.reason = reason
        self.fields = fields
    }

    init(_ refusal: RelayRefusal) {
        let retry = HeaderField("Retry-After", "1")
        switch refusal {
        case .channelNotFound:
            self.init(status: 404, reason: "Stream not found", label: "channel_not_found")
        case .segmentNotFound(let asked, let next):
            self.init(
                status: StatusCode.segmentNotFound, reason: "Entry not found",
                fields: [HeaderField(HeaderName.latest, next), HeaderField(HeaderName.sequence, asked)])
        case .internalChannel:
            self.init(
                status: 403, reason: "names that begin with '_' are the relay's own: they can only be read",
                label: "internal_channel")
        case .notPublishable(let position):
            self = .badRequest("a segment is published at a number or at -1, not at \(position)")
        case .ownedByAnother(let time):
            let seconds = time?.components.seconds
            let since = seconds.map { "has published this channel for \($0) s" } ?? "had this channel a moment ago"
            self.init(
                status: 409,
                reason: "another \(since); choose another name, or push it aside with \(HeaderName.reset)",
                fields: seconds.map { [HeaderField(HeaderName.owner, $0)] } ?? [], label: "owned")
        case .offsetMismatch(let size):
            self.init(
                status: 409, reason: "the segment has \(size) bytes here: go on from there",
                fields: [HeaderField(HeaderName.size, size)], label: "offset")
        case .segmentTooLarge(let limit):
            self.init(
                status: 413, reason: "a segment has at most \(limit) bytes here; make shorter segments",
                label: "segment_bytes")
        case .tooManyOpenSegments(let limit):
            self.init(
                status: 429, reason: "at most \(limit) segments of a channel are written at once", fields: [retry],
                label: "open_segments")
        case .tooManyPreconnected(let limit):
            self.init(
                status: 429, reason: "at most \(limit) POSTs of a channel wait for their bytes", fields: [retry],
                label: "preconnected")
        case .tooManyChannels(let limit):
            self.init(
                status: 503, reason: "this relay is full: it has \(limit) channels", fields: [retry], label: "channels")
        case .tooManyReaders(let limit):
            self.init(
                status: 503, reason: "this relay is full: \(limit) readers are the most", fields: [retry],
                label: "subscribers")
        case .outOfMemory(let limit):
            self.init(
                status: 503, reason: "this relay is full: it keeps \(limit) bytes at most", fields: [retry],
                label: "memory")
        case .noNumbersLeft:
            self.init(
                status: 409, reason: "the channel has used its last number; close it and begin again", label: "numbers")
        case .draining:
            self.init(status: 503, reason: "this relay is going down", fields: [retry], label: "draining")
        }
    }
}

extension RequestProblem {
    private static func label(of status: Int) -> String {
        switch status {
        case 400: "bad_request"
        case 404: "not_found"
        case 405: "method"
        case 408: "head_timeout"
        case 414: "target_too_long"
        case 416: "range"
        case 431: "head_too_large"
        case StatusCode.segmentNotFound: "segment_not_found"
        default: "other"
        }
    }

    /// RFC 6750, section 3, and RFC 7617, section 2.
    private static let bearer = HeaderField("WWW-Authenticate", #"Bearer realm="trickle""#)
    private static let basic = HeaderField("WWW-Authenticate", #"Basic realm="trickle", charset="UTF-8""#)

    /// How credentials can be shown. A browser asks its visitor for a password where it sees `Basic`: a script is not to have it do that.
    private static func challenges(for request: RelayRequest) -> [HeaderField] {
        request.isOfScript ? [bearer] : [bearer, basic]
    }

    /// The client was let in, and its credentials count no longer.
    static func expired(for request: RelayRequest) -> RequestProblem {
        RequestProblem(
            status: 401, reason: "these credentials have expired", fields: challenges(for: request), label: "expired")
    }

    init(_ refusal: AccessRefusal, for request: RelayRequest) {
        switch refusal {
        case .credentialsMissing:
            self.init(
                status: 401, reason: "say who you are: with a user and a password, or with a token",
                fields: Self.challenges(for: request), label: "credentials_missing")
        case .credentialsWrong(let reason):
            self.init(status: 401, reason: reason, fields: Self.challenges(for: request), label: "credentials_wrong")
        case .insufficient(isHidden: true): self.init(.channelNotFound)
        case .insufficient(isHidden: false):
            self.init(status: 403, reason: "these credentials are not enough for it", label: "insufficient")
        case .tooManyFailures(let time):
            let seconds = max(1, time.components.seconds + (time.components.attoseconds > 0 ? 1 : 0))
            self.init(
                status: 429, reason: "too many wrong credentials from this address: try again in \(seconds) s",
                fields: [HeaderField("Retry-After", seconds)], label: "failures")
        case .undecided:
            self.init(
                status: 503, reason: "nobody can tell at the moment whether you may: try again",
                fields: [HeaderField("Retry-After", "1")], label: "undecided")
        }
    }

    /// What a broken request head or body is told; nil when the connection just ended.
    init?(framing error: any Error) {
        switch error {
        case let problem as RequestProblem:
            self = problem
        case HTTPParserError.headerOverflow:
            self = .headTooLarge
        case HTTPParserError.invalidEOFState, HTTPParserError.closedConnection:
            return nil
        case HTTPParserError.unknown:
            self = .badRequest("the request breaks the rules of HTTP/1.1 (its line ends, or Transfer-Encoding)")
        case let error as HTTPParserError:
            self = .badRequest("the request breaks the rules of HTTP/1.1 (\(error))")
        default:
            return nil
        }
    }

    /// The one plain line.
    var body: String { reason + "\n" }
}

/// One field of a head (RFC 9110, section 5).
struct HeaderField: Equatable {
    var name: String
    var value: String

    init(_ name: String, _ value: some CustomStringConvertible) {
        self.name = name
        self.value = value.description
    }
}
