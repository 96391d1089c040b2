import Endings

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads a password from standard input: its first line. On a terminal it is asked for, and is not shown.
public enum PasswordInput {
    /// More is no password.
    private static let maximumByteCount = 1024

    /// - Returns: nil where the wish to stop came first.
    /// - Throws: ``ToolFailure`` where there is none.
    public static func read(until stop: StopRequest) throws -> String? {
        guard isatty(STDIN_FILENO) == 1 else { return try line(until: stop) }
        var before = termios()
        tcgetattr(STDIN_FILENO, &before)
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        put("Password: ")
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            put("\n")
        }
        return try line(until: stop)
    }

    private static func line(until stop: StopRequest) throws -> String? {
        var bytes: [UInt8] = []
        while bytes.last != 0x0A, bytes.count <= maximumByteCount {
            guard !stop.isMade else { return nil }
            var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            // Byte by byte: what follows on the line is for whoever reads next.
            var byte: UInt8 = 0
            guard poll(&entry, 1, 100) > 0 else { continue }
            guard systemRead(STDIN_FILENO, &byte, 1) == 1 else { break }
            bytes.append(byte)
        }
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ToolFailure("the password is not UTF-8: type it on a terminal")
        }
        return text
    }

    private static func put(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}

// The static method of the same name hides the C function.
private func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}
