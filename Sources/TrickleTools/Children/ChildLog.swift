import ChildProcesses
import Logging
import Synchronization

/// What a child says on standard error: drained always, shown in the log, and its last lines kept to explain a failure.
final class ChildLog: Sendable {
    /// How many lines are kept.
    static let tailLength = 3

    private let name: String
    private let logger: Logger
    private let isConsumed: @Sendable (String) -> Bool
    private let tail: Mutex<[String]> = Mutex([])

    /// - Parameter isConsumed: Sees each line first, and takes those that are no messages.
    init(name: String, logger: Logger, isConsumed: @escaping @Sendable (String) -> Bool) {
        self.name = name
        self.logger = logger
        self.isConsumed = isConsumed
    }

    /// The last lines, joined into one.
    var lastWords: String { tail.withLock { $0.joined(separator: "; ") } }

    /// Reads until the child, and whoever inherited its standard error, has closed it.
    func drain(_ reader: DescriptorReader) async {
        var splitter = LineSplitter()
        do {
            for try await piece in reader {
                for line in splitter.receive(piece) { take(line) }
            }
        } catch {
            logger.debug("\(error)")
        }
        if let line = splitter.finish() { take(line) }
    }

    private func take(_ line: String) {
        if isConsumed(line) { return }
        let (level, text) = Self.parse(line)
        tail.withLock { tail in
            if tail.count == Self.tailLength { tail.removeFirst() }
            tail.append(text)
        }
        logger.log(level: level, "\(name): \(text)")
    }

    /// Takes ffmpeg's `[error]` marks off a line and tells their level in our terms.
    static func parse(_ line: String) -> (level: Logger.Level, text: String) {
        let marks: [(String, Logger.Level)] = [
            ("[panic] ", .warning), ("[fatal] ", .warning), ("[error] ", .warning), ("[warning] ", .info),
            ("[info] ", .debug), ("[verbose] ", .debug), ("[debug] ", .trace), ("[trace] ", .trace),
        ]
        for (mark, level) in marks {
            if line.hasPrefix(mark) { return (level, String(line.dropFirst(mark.count))) }
            let parts = line.split(separator: "] \(mark)", maxSplits: 1)
            // `[mpegts @ 0x55d0] [warning] text`: the address helps nobody.
            if parts.count == 2, parts[0].hasPrefix("["), let context = parts[0].dropFirst().split(separator: " ").first
            {
                return (level, "\(context): \(parts[1])")
            }
        }
        return (.info, line)
    }
}
