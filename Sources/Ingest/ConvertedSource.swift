import ChildProcesses
import Logging
import MediaChildren
import NIOCore
import Synchronization
import TrickleRelay

/// A body in another container, of which an ffmpeg makes a transport stream.
final class ConvertedSource: LiveSource {
    /// Why ffmpeg makes nothing of the body; one line.
    struct Failure: Error {
        let reason: String
    }

    private let container: LiveContainer
    private let child: PipedChild
    private let feeding: Task<(any Error)?, Never>
    private var pieces: DescriptorReader.AsyncIterator

    /// Starts ffmpeg.
    ///
    /// - Throws: `ChildRefusal`, `MissingProgram`, `SystemError`.
    init(
        _ body: RequestBodyStream, _ container: LiveContainer, _ budget: ChildBudget, logger: Logger
    ) throws {
        self.container = container
        let permit = try budget.permitNow(for: .publisher)
        let child = try PipedChild(container.command, permit: permit, loudest: .debug, logger: logger)
        self.child = child
        pieces = child.pieces.makeAsyncIterator()
        feeding = Task {
            defer { child.endInput() }
            do {
                for try await bytes in body {
                    guard try await child.write(Array(bytes.readableBytesView)) else { break }
                }
                return nil
            } catch {
                return error
            }
        }
    }

    func next() async throws -> [UInt8]? {
        if let piece = try await pieces.next() {
            child.hasWritten()
            return piece
        }
        let (status, lastWords) = await child.end()
        // A child that ends before its input leaves the rest of that to nobody.
        feeding.cancel()
        if let error = await feeding.value, !(error is CancellationError) { throw error }
        guard status.isSuccess else {
            throw Failure(
                reason:
                    "ffmpeg takes no .\(container.rawValue) from this: \(lastWords.isEmpty ? "\(status)" : lastWords)")
        }
        return nil
    }

    func close() async {
        feeding.cancel()
        await child.stop()
    }
}
