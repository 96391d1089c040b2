#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A call to the operating system that failed.
public struct SystemError: Error, Equatable, CustomStringConvertible {
    /// The `errno` of the call.
    public let number: Int32
    /// What was being done, such as "write to standard output".
    public let action: String

    public init(_ number: Int32, _ action: String) {
        self.number = number
        self.action = action
    }

    /// The call that has just failed on this thread.
    public init(_ action: String) { self.init(errno, action) }

    public var description: String { "cannot \(action): \(reason)" }

    /// The system's own words for the number, such as "No space left on device".
    public var reason: String { String(cString: strerror(number)) }
}

extension SystemError {
    /// Whether the disk, the quota or the file size limit is what stopped a write.
    public var isOutOfSpace: Bool { [ENOSPC, EDQUOT, EFBIG].contains(number) }
}
