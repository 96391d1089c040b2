/// What a client sends first that knows that it can speak HTTP/2 here (RFC 9113, section 3.3).
enum HTTP2Preface {
    case absent
    /// What has come may be the beginning of one.
    case incomplete
    case present

    /// Enough of it to tell it from a request of HTTP/1; who speaks HTTP/2 looks at the rest (section 3.4).
    private static let beginning = Array("PRI * HTTP/2.0\r\n".utf8)

    init(_ bytes: some Collection<UInt8>) {
        if !Self.beginning.starts(with: bytes.prefix(Self.beginning.count)) {
            self = .absent
        } else {
            self = bytes.count < Self.beginning.count ? .incomplete : .present
        }
    }
}
