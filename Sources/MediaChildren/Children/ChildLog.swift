import ChildProcesses
import Logging
import Synchronization

/// What a child says on standard error: drained always, shown in the log, and its last lines kept to explain a failure.
final class ChildLog: Sendable {
    /// How many lines are kept.
    static let tailLength = 3

    private let name: String
    private let loudest: Logger.Level?
    private let logger: Logger
    private let isConsumed: @Sendable (String) -> Bool
    private let state = Mutex(State())

    private struct State {
        var tail: [(text: String, isShown: Bool)] = []
        var budget = LineBudget()
    }

    /// - Parameters:
    ///   - loudest: The highest level at which lines are shown; nil for what the child itself calls them.
    ///   - isConsumed: Sees each line first, and takes those that are no messages.
    init(
        name: String, loudest: Logger.Level? = nil, logger: Logger, isConsumed: @escaping @Sendable (String) -> Bool
    ) {
        self.name = name
        self.loudest = loudest
        self.logger = logger
        self.isConsumed = isConsumed
    }

    /// The last lines, joined into one.
    var lastWords: String { state.withLock { $0.tail.map(\.text).joined(separator: "; ") } }

    /// The same without those that stand in the log.
    var untoldWords: String {
        state.withLock { $0.tail.filter { !$0.isShown }.map(\.text).joined(separator: "; ") }
    }

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
        tell(omitted: state.withLock { $0.budget.takeOmitted() })
    }

    private func take(_ line: String) {
        if isConsumed(line) { return }
        let (ownLevel, parsed) = Self.parse(line)
        let level = loudest.map { min($0, ownLevel) } ?? ownLevel
        // A program repeats the URL it was given, with the password in it.
        let text = Credentials.hidden(in: parsed)
        let decision = state.withLock { state in
            if state.tail.count == Self.tailLength { state.tail.removeFirst() }
            let decision = level < logger.logLevel ? .omit : state.budget.take(text, now: .now)
            state.tail.append((text, decision != .omit))
            return decision
        }
        switch decision {
        case .show(let omitted):
            tell(omitted: omitted)
            logger.log(level: level, "\(name): \(text)")
        case .omit: break
        }
    }

    private func tell(omitted: Int) {
        if omitted > 0 { logger.info("\(name): … \(omitted) more lines of that kind") }
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
