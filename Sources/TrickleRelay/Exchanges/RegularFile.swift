import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that is open for reading, as long as somebody holds it.
final class RegularFile: Sendable {
    private let descriptor: Int32
    /// How long it was when it was opened.
    let byteCount: Int

    /// - Returns: nil where there is none that can be read, and for what is no regular file.
    init?(_ path: String) {
        // A pipe would keep the thread until somebody writes.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        byteCount = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// - Returns: some of the bytes, from the first on; nil where they cannot be read.
    func read(_ range: Range<Int>) -> ByteBuffer? {
        var bytes = ByteBufferAllocator().buffer(capacity: range.count)
        let count = bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: range.count) { room in
            max(0, pread(descriptor, room.baseAddress, range.count, off_t(range.lowerBound)))
        }
        return count > 0 ? bytes : nil
    }
}
