import NIOHPACK

/// How much of a request's body is to come, where the request has said it (RFC 9113, section 8.1.1).
struct HTTP2BodyLength {
    /// nil when it may have any length.
    private var left: Int?

    init() {}

    /// - Returns: nil if what the request says is no length.
    init?(_ headers: HPACKHeaders) {
        for field in headers["content-length"] {
            let isNumber =
                !field.isEmpty && field.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            // It may be there more than once if all say the same (RFC 9110, section 8.6).
            guard isNumber, let length = Int(field), length == left ?? length else { return nil }
            left = length
        }
    }

    /// How much more may come, if that is no more than `limit`.
    func left(atMost limit: Int) -> Int { min(left ?? limit, limit) }

    /// Some of the body has come.
    ///
    /// - Returns: whether it could.
    mutating func takes(_ byteCount: Int, isEnd: Bool) -> Bool {
        guard let left else { return true }
        self.left = left - byteCount
        return isEnd ? left == byteCount : left >= byteCount
    }
}
