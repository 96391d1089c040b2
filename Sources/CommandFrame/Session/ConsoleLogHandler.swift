import Logging
import TrickleCore
import TrickleKit

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Writes log lines to the console, as text for people or as one JSON object a line for machines.
public struct ConsoleLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level

    private let tool: String
    private let console: Console
    private let format: LogFormat

    public init(tool: String, console: Console, format: LogFormat, level: Logger.Level) {
        self.tool = tool
        self.console = console
        self.format = format
        logLevel = level
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let fields = merged.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let text = "\(event.message)"
        switch format {
        case .text: console.write(printableLine: line(PrintableText.of(text), level: event.level, fields: fields))
        case .json: console.write(printableLine: json(text, level: event.level, fields: fields))
        }
    }

    private func line(_ text: String, level: Logger.Level, fields: [(String, String)]) -> String {
        let (word, colour) =
            switch level {
            case .trace, .debug: ("debug: ", "\u{1B}[2m")
            case .info, .notice: ("", "")
            case .warning: ("warning: ", "\u{1B}[33m")
            case .error, .critical: ("error: ", "\u{1B}[31m")
            }
        let tail = PrintableText.of(fields.map { " \($0.0)=\(Self.value($0.1))" }.joined())
        let isColoured = console.hasColour && !colour.isEmpty
        return isColoured ? "\(tool): \(colour)\(word)\(text)\u{1B}[0m\(tail)" : "\(tool): \(word)\(text)\(tail)"
    }

    /// A value that has a space or a quotation mark in it is quoted, so that nobody can put a field of another name into it.
    private static func value(_ text: String) -> String {
        let isOneWord = !text.isEmpty && !text.contains { $0.isWhitespace || $0 == "\"" }
        return isOneWord ? text : JSONText.string(text)
    }

    private func json(_ text: String, level: Logger.Level, fields: [(String, String)]) -> String {
        let head = [("time", Self.now()), ("level", level.rawValue), ("tool", tool), ("message", text)]
        let members = (head + fields).map { "\(JSONText.string($0.0)):\(JSONText.string($0.1))" }
        return "{\(members.joined(separator: ","))}"
    }

    /// The time of day as RFC 3339 has it, in UTC, to the millisecond.
    private static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)].map { padded($0, 2) }
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }
        let milliseconds = padded(time.tv_nsec / 1_000_000, 3)
        return "\(date.joined(separator: "-"))T\(clock.joined(separator: ":")).\(milliseconds)Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
