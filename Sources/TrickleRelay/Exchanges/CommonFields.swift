import TrickleCore

/// What every answer has.
struct CommonFields {
    /// As HTTP/2 has them: with names in lower case (RFC 9113, section 8.2.1).
    let http2: [HeaderField]
    /// As HTTP/1 writes it between the date's line and the next.
    let http1: String

    private init(_ list: [HeaderField]) {
        http2 = list.map { HeaderField($0.name.lowercased(), $0.value) }
        http1 = "\r\n" + list.map { "\($0.name): \($0.value)\r\n" }.joined()
    }

    /// What our relay can do beyond the plain protocol; clients use only what is announced.
    static let features = "resume, range, size, head, wait"

    /// What a relay says in every answer: what it can do, and that pages of other origins may read it.
    static let relay = CommonFields([
        announcement, HeaderField("Access-Control-Allow-Origin", "*"),
        HeaderField("Access-Control-Expose-Headers", "*"), sniffing,
    ])
    /// The same, where pages of other origins may not read it. No cache gives it to somebody else (RFC 9111, section 4.1).
    static let sameOrigin = CommonFields([announcement, varying, sniffing])
    /// The same, where pages of one origin may read it, with credentials: then a `*` is only a name (the Fetch standard, section 3.3.5).
    ///
    /// - Parameter origin: as `Origin` has it.
    static func origin(_ origin: String) -> CommonFields {
        CommonFields([
            announcement, HeaderField("Access-Control-Allow-Origin", origin),
            HeaderField("Access-Control-Allow-Credentials", "true"),
            HeaderField("Access-Control-Expose-Headers", exposed), varying, sniffing,
        ])
    }
    /// What other servers say in every answer.
    static let plain = CommonFields([sniffing])

    private static let exposed = HeaderName.ofAnswers.joined(separator: ", ")
    private static let announcement = HeaderField(HeaderName.features, features)
    private static let varying = HeaderField("Vary", "Authorization, Cookie, Origin")
    /// A browser that guesses what an answer is may run what is none of its type.
    private static let sniffing = HeaderField("X-Content-Type-Options", "nosniff")
}
