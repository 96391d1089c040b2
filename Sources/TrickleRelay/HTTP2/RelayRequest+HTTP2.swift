import NIOHPACK
import NIOHTTP1

extension RelayRequest {
    /// A request as HTTP/2 has it (RFC 9113, section 8.3.1). What of it breaks the rules is its ``problem``.
    ///
    /// - Parameters:
    ///   - hasBody: whether more of the request follows.
    ///   - maximumFieldCount: one with more fields is answered with 431.
    init(_ headers: HPACKHeaders, hasBody: Bool, maximumFieldCount: Int) {
        var fields = HTTPHeaders()
        var (method, path, authority) = ("", "", String?.none)
        var cookies: [String] = []
        for (name, value, _) in headers {
            switch name {
            case ":method": method = value
            case ":path": path = value
            case ":authority": authority = value
            case _ where name.hasPrefix(":"): break
            // They may come one by one (section 8.2.3).
            case "cookie": cookies.append(value)
            case _: fields.add(name: name, value: value)
            }
        }
        if !cookies.isEmpty { fields.add(name: "cookie", value: cookies.joined(separator: "; ")) }
        var objection: RequestProblem?
        if !Self.isTarget(path) { objection = .badRequest("the request's path has a character that no path has") }
        if headers.contains(where: { !Self.isValue($0.value) }) {
            objection = .badRequest("a field of the request has a character that no field has")
        }
        if headers.count > maximumFieldCount { objection = .headTooLarge }
        if let authority {
            // Both say the same, or one says nothing (section 8.3.1).
            if fields["Host"].contains(where: { $0.lowercased() != authority.lowercased() }) {
                objection = .badRequest("the request's Host field is not its authority")
            }
            fields.replaceOrAdd(name: "Host", value: authority)
        }
        self.init(
            HTTPRequestHead(version: .http2, method: HTTPMethod(rawValue: method), uri: path, headers: fields),
            hasBody: hasBody, objection: objection)
    }

    /// Whether the text can be a request's target: visible ASCII, or bytes of other characters (RFC 9112, section 3.2).
    private static func isTarget(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }

    /// Whether the text can be a field's value (RFC 9110, section 5.5).
    private static func isValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}
