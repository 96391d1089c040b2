/// The window of a body whose bytes are taken as they come (RFC 9113, section 5.2): wide, for none of them wait here.
///
/// Over a link with a delay, a window is all that a publisher can send in one round trip. A small body is over before that matters.
struct HTTP2PublishingWindow {
    private var isWide = false
    /// Bytes that were taken since the window was opened last.
    private var byteCount = 0

    /// Some bytes have been taken.
    ///
    /// - Returns: by how much the window is to be opened.
    mutating func takes(_ count: Int) -> Int? {
        byteCount += count
        if !isWide {
            guard byteCount >= HTTP2Limits.publishingStep else { return nil }
            isWide = true
            return HTTP2Limits.publishingWindow - HTTP2Limits.streamWindow
        }
        guard byteCount >= HTTP2Limits.publishingWindow / 8 else { return nil }
        defer { byteCount = 0 }
        return byteCount
    }
}
