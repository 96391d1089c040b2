import SpawnShims
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file descriptor with one owner, closed once: by ``close()`` or when the owner lets go.
public final class OwnedDescriptor: Sendable {
    private let number: Mutex<Int32>

    /// - Parameter number: An open descriptor that nobody else closes.
    public init(_ number: Int32) { self.number = Mutex(number) }

    deinit { close() }

    /// The number of the descriptor; -1 once it is closed.
    public var rawValue: Int32 { number.withLock { $0 } }

    /// Closes the descriptor. Does nothing the second time.
    public func close() {
        let closing = number.withLock { number in
            defer { number = -1 }
            return number
        }
        if closing >= 0 { closeDescriptor(closing) }
    }

    /// Both ends of a new pipe, inherited by no child by accident.
    public static func pipe() throws(SystemError) -> (readEnd: OwnedDescriptor, writeEnd: OwnedDescriptor) {
        var ends: [Int32] = [-1, -1]
        let failure = trickle_pipe(&ends)
        guard failure == 0 else { throw SystemError(failure, "make a pipe") }
        return (OwnedDescriptor(ends[0]), OwnedDescriptor(ends[1]))
    }

    /// Opens the file at `path` with the flags of `open(2)`, close-on-exec; new files get mode 0666 less the umask.
    public static func open(_ path: String, _ flags: Int32) throws(SystemError) -> OwnedDescriptor {
        let number = openDescriptor(path, flags | O_CLOEXEC)
        guard number >= 0 else { throw SystemError(errno, "open \(path)") }
        return OwnedDescriptor(number)
    }

    /// The first bytes of a file, `maximumCount` at most. Waits for them where it is a pipe.
    public static func contents(ofFile path: String, upTo maximumCount: Int) throws(SystemError) -> [UInt8] {
        let descriptor = try open(path, O_RDONLY)
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while bytes.count < maximumCount {
            let count = read(descriptor.rawValue, buffer.baseAddress, min(buffer.count, maximumCount - bytes.count))
            if count == 0 { break }
            if count > 0 {
                bytes += buffer[..<count]
            } else if errno != EINTR {
                throw SystemError(errno, "read \(path)")
            }
        }
        return bytes
    }
}

// Methods of the same names hide the C functions.
private func closeDescriptor(_ number: Int32) { close(number) }
private func openDescriptor(_ path: String, _ flags: Int32) -> Int32 { open(path, flags, 0o666) }
