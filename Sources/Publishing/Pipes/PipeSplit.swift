import ArgumentParser
import CommandFrame
import Records

/// Where a pipe's bytes are cut into segments.
public enum PipeSplit: Equatable, Sendable {
    case lines, json
    /// After so much time from a segment's first byte.
    case time(Duration)
    case bytes(Int)
    /// MPEG-TS, at its random access points.
    case ts

    /// The media type of such segments, unless the user knows better.
    public func contentType(isBatched: Bool) -> String {
        switch self {
        case .lines: "text/plain; charset=utf-8"
        case .json: isBatched ? "application/x-ndjson" : "application/json"
        case .time, .bytes: "application/octet-stream"
        case .ts: "video/MP2T"
        }
    }

    /// Whether segments are records, several of which can be put into one.
    public var hasRecords: Bool { self == .lines || self == .json }

    func splitter() -> any RecordSplitter {
        switch self {
        case .lines: LineRecords()
        case .json: JSONRecords()
        case .time: FixedSizeRecords(byteCount: nil)
        case .bytes(let count): FixedSizeRecords(byteCount: count)
        case .ts: preconditionFailure("MPEG-TS has a segmenter of its own")
        }
    }
}

extension PipeSplit: ExpressibleByArgument {
    public init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count) {
        case ("lines", 1): self = .lines
        case ("json", 1): self = .json
        case ("ts", 1): self = .ts
        case ("time", 2):
            guard let time = DurationArgument(argument: parts[1])?.duration, time > .zero else { return nil }
            self = .time(time)
        case ("bytes", 2):
            guard let count = ByteCountArgument(argument: parts[1])?.byteCount, count > 0 else { return nil }
            self = .bytes(count)
        default: return nil
        }
    }

    public var defaultValueDescription: String {
        switch self {
        case .lines: "lines"
        case .json: "json"
        case .time(let time): "time=\(time)"
        case .bytes(let count): "bytes=\(count)"
        case .ts: "ts"
        }
    }
}
