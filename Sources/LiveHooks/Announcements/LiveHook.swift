import TrickleKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a media server's hooks say over HTTP, and what is answered: announcements of streams, and a list of what runs.
///
/// ```
/// POST /NAME               MediaMTX's runOnReady, with curl
/// POST /  call=publish&name=NAME          nginx-rtmp's on_publish, a form
/// POST /  call=publish_done&name=NAME     nginx-rtmp's on_publish_done: it has ended, and is not waited for
/// DELETE /NAME             publish it no longer, from now on
/// GET /                    what runs, as JSON
/// ```
public struct LiveHook: Sendable {
    public struct Answer: Equatable, Sendable {
        public let status: Int
        public let contentType: String
        public let body: String

        init(_ status: Int, _ line: String) {
            self.status = status
            contentType = "text/plain; charset=utf-8"
            body = line + "\n"
        }

        init(json: String) {
            status = 200
            contentType = "application/json"
            body = json + "\n"
        }
    }

    private let streams: LiveStreams

    private let access: HookAccess

    public init(_ streams: LiveStreams, access: HookAccess = HookAccess()) {
        self.streams = streams
        self.access = access
    }

    /// - Parameters:
    ///   - method: As in the request line.
    ///   - target: As in the request line, percent-encoded, perhaps with a query.
    ///   - body: The whole of it.
    ///   - request: Who sends it.
    public func answer(
        method: String, target: String, body: [UInt8], from request: HookAccess.Request
    ) async -> Answer {
        let path = Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") })
        guard let name = PercentEncoding.decodeText(path.utf8)?.trimmingSlashes() else {
            return Answer(400, "the path cannot be read")
        }
        let isForm = method == "POST" && name.isEmpty
        let query = Substring(target.utf8.dropFirst(path.utf8.count + 1))
        if let reason = access.refusal(of: request, query: query, isForm: isForm) { return Answer(403, reason) }
        switch method {
        case "GET" where name.isEmpty, "HEAD" where name.isEmpty: return await list()
        case "POST" where name.isEmpty: return await note(form: body, from: request)
        case "POST", "PUT": return await announce(name, from: request)
        case "DELETE" where !name.isEmpty:
            let hasRun = await streams.end(name)
            return hasRun ? Answer(200, "'\(name)' is published no longer") : Answer(404, "'\(name)' is not published")
        case "GET", "HEAD": return Answer(404, "GET / lists what runs")
        default: return Answer(405, "POST /NAME announces a stream, DELETE /NAME ends it, GET / lists what runs")
        }
    }

    private func list() async -> Answer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let streams = ["streams": await streams.statuses]
        guard let json = try? encoder.encode(streams) else { return Answer(500, "the list cannot be written") }
        return Answer(json: String(decoding: json, as: UTF8.self))
    }

    /// nginx-rtmp says what happens in `call`, and publishes only what is answered with 2xx.
    private func note(form: [UInt8], from request: HookAccess.Request) async -> Answer {
        var fields: [String: String] = [:]
        for pair in String(decoding: form, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1].map { $0 == "+" ? " " : $0 }) : ""
            fields[String(parts[0])] = PercentEncoding.decodeText(value.utf8) ?? ""
        }
        guard let name = fields["name"], !name.isEmpty else {
            return Answer(400, "POST /NAME announces a stream; POST / wants a form with name=NAME")
        }
        switch fields["call"] {
        case nil, "publish": return await announce(name, from: request)
        case "publish_done":
            let runs = await streams.finish(name)
            return Answer(200, runs ? "'\(name)' ends" : "'\(name)' is not published")
        default: return Answer(200, "noted")
        }
    }

    private func announce(_ name: String, from request: HookAccess.Request) async -> Answer {
        switch await streams.announce(name, from: request.source) {
        case .started(let channel): Answer(200, "publishes '\(name)' as '\(channel)'")
        case .running(let channel): Answer(200, "'\(name)' is published already, as '\(channel)'")
        case .ignored: Answer(200, "'\(name)' is on its way out, and not published")
        case .invalid(let reason): Answer(400, reason)
        case .taken(let other): Answer(409, "'\(other)' has the channel that '\(name)' would have")
        case .full: Answer(503, "no more streams are taken")
        }
    }
}

extension String {
    fileprivate func trimmingSlashes() -> String {
        var text = self[...]
        while text.hasPrefix("/") { text.removeFirst() }
        while text.hasSuffix("/") { text.removeLast() }
        return String(text)
    }
}
