import Synchronization

/// A source that is open, and is closed once.
package final class OpenedSource: Sendable {
    package let input: any SourceInput
    private let isClosed = Atomic(false)

    init(_ input: any SourceInput) { self.input = input }

    /// Lets go of it.
    ///
    /// - Returns: nil where that has been done.
    @discardableResult
    package func close() async -> SourceEnding? {
        isClosed.exchange(true, ordering: .acquiringAndReleasing) ? nil : await input.close()
    }
}
