import TrickleCore

/// What a request target is to the protocol, below the relay's base path.
enum RequestRoute: Equatable {
    case segment(ChannelName, SegmentPosition)
    case next(ChannelName)
    case channel(ChannelName)
    case channelList
    /// `*`, the server as a whole (RFC 9110, section 9.3.7).
    case server

    /// - Parameters:
    ///   - target: origin form or absolute form (RFC 9112, section 3.2); a query is ignored.
    ///   - basePath: parts of the path that come before the channel's name.
    /// - Throws: a ``RequestProblem`` with 400 or 404.
    init(target: String, basePath: BasePath) throws(RequestProblem) {
        if target == "*" {
            self = .server
            return
        }
        let path = try Self.path(of: target)
        guard let parts = basePath.parts(below: path) else { throw .notFound("nothing is here") }
        guard let first = parts.first, !first.isEmpty, parts.count <= 2 else {
            throw .notFound("a channel is at \(basePath.description)NAME, a segment at \(basePath.description)NAME/SEQ")
        }
        let name: ChannelName
        do { name = try ChannelName(percentEncoded: first.utf8) } catch { throw .badRequest(error.description) }
        guard parts.count == 2 else {
            self = name == .channelList ? .channelList : .channel(name)
            return
        }
        if parts[1] == "next" {
            self = .next(name)
        } else if let position = SegmentPosition(String(parts[1])) {
            self = .segment(name, position)
        } else {
            throw .badRequest("a sequence is 0 to 2^53-1, -1, -2, or -N for older ones, or 'next'")
        }
    }

    /// The path of a target, percent-encoded as it came.
    static func path(of target: String) throws(RequestProblem) -> Substring {
        // By bytes, here and below: that is what a target is made of, and each request has one.
        var rest = target.utf8[...]
        if rest.first != UInt8(ascii: "/"),
            let scheme = ["http://", "https://"].first(where: { target.lowercased().hasPrefix($0) })
        {
            rest = rest.dropFirst(scheme.utf8.count).drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            if rest.first != UInt8(ascii: "/") { return "/" }
        }
        guard rest.first == UInt8(ascii: "/") else {
            throw .badRequest("the request target does not begin with '/'")
        }
        return Substring(rest.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
    }
}

/// The path under which the relay's channels are: `/` or `/some/where/`.
public struct BasePath: Sendable, Equatable, CustomStringConvertible {
    private let parts: [Substring]

    /// - Parameter text: with or without slashes at either end.
    public init(_ text: String) {
        parts = text.split(separator: "/")
    }

    public var description: String { "/" + parts.map { $0 + "/" }.joined() }

    /// The parts of `path` that follow the base path; nil when it is elsewhere.
    func parts(below path: Substring) -> [Substring]? {
        let all = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { Substring($0) }
        guard all.count > parts.count, all.starts(with: parts) else { return nil }
        return parts.isEmpty ? all : Array(all[parts.count...])
    }
}
