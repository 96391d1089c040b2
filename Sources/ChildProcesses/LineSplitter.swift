/// Cuts a byte stream into lines: at line feeds, and at the carriage returns with which programs redraw a line.
public struct LineSplitter: Sendable {
    /// Longer lines are cut here: 4 KiB.
    public static let maximumLineBytes = 4 << 10

    private var rest: [UInt8] = []

    public init() {}

    /// Takes more bytes and gives the lines that end in them. Empty lines are left out.
    public mutating func receive(_ bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            let isEnd = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            if !isEnd { rest.append(byte) }
            if isEnd || rest.count == Self.maximumLineBytes, let line = finish() { lines.append(line) }
        }
        return lines
    }

    /// The line that had no end yet, or nil.
    public mutating func finish() -> String? {
        if rest.isEmpty { return nil }
        defer { rest.removeAll(keepingCapacity: true) }
        return String(decoding: rest, as: UTF8.self)
    }
}
