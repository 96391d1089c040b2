import NIOCore
import TrickleCore
import TrickleRelay

/// `GET /` and `GET /NAME` for browsers: one page that shows the channels and plays them.
///
/// Who does not say that it wants HTML gets what the protocol has there.
struct PageRamp: Ramp {
    /// Read when the first browser comes: it is a good part of what starting the relay would take.
    private static let template = PageTemplate(PackageResources.page_html)
    private let base: String

    /// - Parameter base: the path under which the channels are, with a slash at either end.
    init(base: String) {
        self.base = base
    }

    func answer(_ request: RampRequest) async -> RampResponse? {
        guard request.path.count < 2, request.field("Accept")?.contains("text/html") == true else { return nil }
        if let name = request.path.first {
            guard let channel = try? ChannelName(name), !channel.isInternal else { return nil }
        }
        let nonce =
            String(UInt64.random(in: 0...UInt64.max), radix: 36) + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let policy = [
            "default-src 'none'", "script-src 'nonce-\(nonce)'", "style-src 'nonce-\(nonce)'", "connect-src 'self'",
            "img-src 'self' blob: data:", "media-src 'self' blob:", "base-uri 'none'", "form-action 'none'",
            "frame-ancestors 'none'",
        ]
        let fields = [
            (name: "Content-Type", value: "text/html; charset=utf-8"), (name: "Cache-Control", value: "no-store"),
            (name: "Content-Security-Policy", value: policy.joined(separator: "; ")),
            (name: "Referrer-Policy", value: "no-referrer"), (name: "Vary", value: "Accept"),
        ]
        let text = Self.template.filled(["nonce": nonce, "base": base])
        return RampResponse(fields: fields, .bytes(ByteBuffer(bytes: text)))
    }
}

/// A text with places to fill in, each `{{name}}`.
struct PageTemplate: Sendable {
    /// What stands before each place, and the place's name; behind the last there is no place.
    private let parts: [(text: ArraySlice<UInt8>, place: String?)]

    init(_ bytes: [UInt8]) {
        var parts: [(ArraySlice<UInt8>, String?)] = []
        var rest = bytes[...]
        while let open = rest.firstRange(of: Array("{{".utf8)),
            let close = rest[open.upperBound...].firstRange(of: Array("}}".utf8))
        {
            let name = String(decoding: rest[open.upperBound..<close.lowerBound], as: UTF8.self)
            parts.append((rest[..<open.lowerBound], name))
            rest = rest[close.upperBound...]
        }
        self.parts = parts + [(rest, nil)]
    }

    /// - Parameter values: by the places' names; written as HTML has text in attributes.
    func filled(_ values: [String: String]) -> [UInt8] {
        parts.flatMap { part in part.text + (part.place.flatMap { values[$0] }.map(Self.escaped) ?? []) }
    }

    private static func escaped(_ text: String) -> [UInt8] {
        text.utf8.flatMap { byte in
            switch byte {
            case UInt8(ascii: "&"): Array("&amp;".utf8)
            case UInt8(ascii: "<"): Array("&lt;".utf8)
            case UInt8(ascii: ">"): Array("&gt;".utf8)
            case UInt8(ascii: "\""): Array("&quot;".utf8)
            default: [byte]
            }
        }
    }
}
