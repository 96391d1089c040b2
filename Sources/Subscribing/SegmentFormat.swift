import ArgumentParser
import Endings
import Records
import Synchronization
import TrickleKit

/// How `read2pipe` gives segments back.
public enum SegmentFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// Byte for byte, one behind the other.
    case raw
    /// The same, and each ends with a line feed.
    case lines
    /// The JSON documents in them, each on one line of its own, when it is whole.
    case json
}

/// Writes segments as a ``SegmentFormat`` has it.
public final class FormattedSink: SegmentSink {
    private struct State {
        var sequence = SequenceNumber.zero
        var lastByte: UInt8?
        var documents = JSONRecords()
        /// The document that has begun, at most ``maximumDocumentBytes`` of it.
        var document: [UInt8] = []
    }

    /// The largest document: 64 MiB.
    public static let maximumDocumentBytes = 64 << 20

    private let pipe: PipeSink
    private let format: SegmentFormat
    private let state = Mutex(State())

    public init(_ pipe: PipeSink, format: SegmentFormat) {
        self.pipe = pipe
        self.format = format
    }

    public func begin(_ sequence: SequenceNumber) -> SinkDisposition {
        state.withLock { $0 = State(sequence: sequence) }
        return .goOn
    }

    public func write(_ bytes: [UInt8]) async throws -> SinkDisposition {
        switch format {
        case .raw: return try await pipe.write(bytes)
        case .lines:
            state.withLock { $0.lastByte = bytes.last ?? $0.lastByte }
            return try await pipe.write(bytes)
        case .json: return try await pipe.write(try lines { try $0.receive(bytes, $1) })
        }
    }

    public func end(isWhole: Bool) async throws {
        switch format {
        case .raw: break
        case .lines:
            let isOpen = state.withLock { $0.lastByte.map { $0 != UInt8(ascii: "\n") } ?? false }
            if isOpen { _ = try await pipe.write([UInt8(ascii: "\n")]) }
        // Half a document is told as a loss, and is of no use to whoever reads lines.
        case .json where isWhole: _ = try await pipe.write(try lines { try $0.finish($1) })
        case .json: break
        }
    }

    public var departure: AsyncStream<Never>? { pipe.departure }

    /// The documents that have become whole.
    private func lines(
        _ step: (inout JSONRecords, (RecordEvent) -> Void) throws -> Void
    ) throws -> [UInt8] {
        try state.withLock { state in
            var whole: [UInt8] = []
            var document: [UInt8] = []
            // Taken out rather than copied: it may be large, and come in a thousand pieces.
            swap(&document, &state.document)
            do {
                try step(&state.documents) { event in
                    switch event {
                    // White space between tokens; in a string it would be escaped.
                    case .bytes(let bytes): document += bytes.lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
                    case .end:
                        document[document.count - 1] = UInt8(ascii: "\n")
                        whole += document
                        document.removeAll(keepingCapacity: true)
                    }
                }
            } catch {
                throw ToolFailure(
                    "segment \(state.sequence) is not JSON: --segments-as raw gives it as it is", exit: .failure)
            }
            guard document.count <= Self.maximumDocumentBytes else {
                throw ToolFailure(
                    "segment \(state.sequence) has a document of more than \(Self.maximumDocumentBytes >> 20) MiB: "
                        + "--segments-as raw gives it as it is")
            }
            state.document = document
            return whole
        }
    }
}
