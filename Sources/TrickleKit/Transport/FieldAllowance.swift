/// What one request may bring in headers: those of interim answers, of the answer that counts, and of its trailers.
///
/// libcurl keeps each of them until the transfer ends, and has no limit for trailers and interim answers. A transfer that goes beyond
/// fails.
struct FieldAllowance {
    /// 256 KiB, as much as browsers take.
    static let maximumBytes = 256 << 10
    static let maximumCount = 1_000

    private var byteCount = 0
    private var count = 0
    private(set) var isExceeded = false

    /// - Returns: false when a line of so many bytes is too much.
    mutating func take(byteCount added: Int) -> Bool {
        byteCount += added
        count += 1
        isExceeded = byteCount > Self.maximumBytes || count > Self.maximumCount
        return !isExceeded
    }
}
