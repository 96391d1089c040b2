import ChildProcesses
import TrickleKit

/// Writes segments one behind the other into a pipe or file. A reader that closes its end has had enough.
public final class PipeSink: SegmentSink {
    private let writer: DescriptorWriter

    public init(_ writer: DescriptorWriter) { self.writer = writer }

    public func begin(_ sequence: SequenceNumber) -> SinkDisposition { .goOn }

    public func write(_ bytes: [UInt8]) async throws -> SinkDisposition {
        switch try await writer.write(bytes) {
        case .written: .goOn
        case .closedByReader: .stop
        }
    }

    public func end(isWhole: Bool) {}

    public var departure: AsyncStream<Never>? { writer.readerDeparture() }

    /// Lets the other side find the end.
    public func close() { writer.close() }
}
