import Synchronization
import TrickleCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Standard error: lines for the log, and below them, on a terminal, one line of progress that is redrawn in place.
///
/// Text comes from relays, media and other programs, too: nothing of it moves the cursor or begins a line.
public final class Console: Sendable {
    private let progress = Mutex("")
    private let mayDrop = Atomic(false)
    /// Milliseconds for which a reader is waited for before a look whether that has become pointless.
    private let patience = Atomic<Int32>(50)
    private let descriptor: Int32
    /// Whether somebody looks at it.
    public let isTerminal: Bool
    /// Whether lines may be coloured: on a terminal, unless `NO_COLOR` is set.
    public let hasColour: Bool

    /// - Parameter descriptor: Standard error, unless told otherwise.
    public init(descriptor: Int32 = STDERR_FILENO) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
        let isColourless = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        hasColour = isTerminal && !isColourless
    }

    /// Writes a line above the progress.
    public func write(line: String) { write(printableLine: PrintableText.of(line)) }

    /// The same for a line whose parts are ``PrintableText`` already, with colours between them.
    func write(printableLine line: String) {
        progress.withLock { progress in
            put(progress.isEmpty ? "\(line)\n" : "\(Self.clear)\(line)\n\(progress)")
        }
    }

    /// Replaces the line of progress. Where there is no terminal, it is a line of its own.
    public func show(progress: String) {
        let text = PrintableText.of(progress)
        self.progress.withLock { progress in
            if isTerminal {
                progress = Self.fitted(text, columns: columns)
                put("\(Self.clear)\(progress)")
            } else {
                put("\(text)\n")
            }
        }
    }

    /// Takes the progress off the screen: what follows says the same, or more.
    public func clearProgress() {
        progress.withLock { progress in
            if !progress.isEmpty { put(Self.clear) }
            progress = ""
        }
    }

    /// From now on, nobody waits for whoever reads standard error, and may have stopped doing so: what is not taken is dropped.
    func stopWaiting() { mayDrop.store(true, ordering: .releasing) }

    /// Leaves the last progress on the screen and goes below it.
    public func endProgress() {
        progress.withLock { progress in
            if !progress.isEmpty { put("\n") }
            progress = ""
        }
    }

    /// The same where that makes nobody wait: whoever reads standard error may have stopped doing so.
    func endProgressAtOnce() {
        _ = progress.withLockIfAvailable { progress in
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if !progress.isEmpty, poll(&entry, 1, 0) > 0 { put("\n") }
        }
    }

    private static let clear = "\r\u{1B}[K"

    /// A line that wraps could not be redrawn in place.
    private static func fitted(_ text: String, columns: Int) -> String {
        text.count < columns ? text : String(text.prefix(max(columns - 1, 0)))
    }

    private var columns: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// What a pipe takes in one piece without a wait once it takes anything (POSIX: PIPE_BUF).
    private static let pieceSize = 4096

    private func put(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&entry, 1, patience.load(ordering: .relaxed)) != 0 else {
                guard mayDrop.load(ordering: .acquiring) else { continue }
                // Who has not read this will not read the next line either.
                patience.store(0, ordering: .relaxed)
                return
            }
            let count = rest.prefix(Self.pieceSize).withUnsafeBytes {
                systemWrite(descriptor, $0.baseAddress, $0.count)
            }
            // Whoever closes standard error does not want to hear of it.
            if count < 0 && errno != EINTR { return }
            rest = rest.dropFirst(max(count, 0))
        }
    }
}

// The method of the same name hides the C function.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
