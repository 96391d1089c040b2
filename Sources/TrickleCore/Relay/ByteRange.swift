/// The `Range` of a request (RFC 9110, section 14.2), and what it comes to on a segment.
public enum ByteRange: Equatable, Sendable {
    /// `bytes=first-`
    case from(Int)
    /// `bytes=first-last`
    case between(Int, Int)
    /// `bytes=-count`
    case suffix(Int)

    /// A last position that asks for all that will ever come (RFC 8673, section 2).
    public static let endless = SequenceNumber.max.value

    /// - Returns: nil for other units, several ranges, and what is no range: these are ignored (RFC 9110, section 14.2).
    public init?(_ field: String) {
        guard field.lowercased().hasPrefix("bytes=") else { return nil }
        let parts = field.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let first = SequenceNumber(String(parts[0]))?.value
        let last = SequenceNumber(String(parts[1]))?.value
        switch (first, last) {
        case (let first?, let last?):
            guard first <= last else { return nil }
            self = .between(first, last)
        case (let first?, nil):
            guard parts[1].isEmpty else { return nil }
            self = .from(first)
        case (nil, let count?):
            guard parts[0].isEmpty else { return nil }
            self = .suffix(count)
        case (nil, nil): return nil
        }
    }

    /// What is sent.
    public enum Selection: Equatable, Sendable {
        /// These bytes, all of which are there; never empty.
        case bytes(Range<Int>)
        /// From here on whatever comes, to the segment's end; some of it is there.
        case stream(from: Int)
        /// It begins where an open segment ends: what comes next decides.
        case edge
        /// Nothing of it is there, nor will be: 416.
        case unsatisfiable
    }

    /// - Parameters:
    ///   - byteCount: the bytes that the segment has now.
    ///   - isOpen: whether it is still being written.
    public func selection(of byteCount: Int, isOpen: Bool) -> Selection {
        switch self {
        case .from(byteCount) where isOpen, .between(byteCount, _) where isOpen:
            return .edge
        case .between(let first, Self.endless) where isOpen:
            return first < byteCount ? .stream(from: first) : .unsatisfiable
        case .from(let first):
            return first < byteCount ? .bytes(first..<byteCount) : .unsatisfiable
        case .between(let first, let last):
            return first < byteCount ? .bytes(first..<min(last + 1, byteCount)) : .unsatisfiable
        case .suffix(let count):
            guard count > 0, byteCount > 0 else { return .unsatisfiable }
            return .bytes(max(0, byteCount - count)..<byteCount)
        }
    }
}
