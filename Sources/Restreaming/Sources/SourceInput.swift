import Logging

/// What a source gives.
enum SourceEvent: Sendable {
    /// Any run of bytes.
    case bytes([UInt8])
    /// One stream has ended, and another begins: a pipe's next writer, a file's next round.
    case anotherBegins
}

/// An open source.
protocol SourceInput: Sendable {
    /// Whether the source can wait for a relay that is slow; what cannot is dropped, in whole segments.
    var canWait: Bool { get }
    /// Whether it is to be held back to the speed of its clock.
    var isPaced: Bool { get }
    /// Whether it is for others to begin, so that nothing is wrong with it while it is silent.
    var isPassive: Bool { get }

    /// - Returns: nil at the end.
    /// - Throws: ``SourceFailure`` and the system's errors; `CancellationError`.
    func next() async throws -> SourceEvent?

    /// Ends it: ``next()`` returns soon.
    func requestEnd()

    /// Lets go of it, and waits for its children. Called once, after the last ``next()``.
    ///
    /// - Returns: A sentence that says why it has ended.
    func close() async -> String
}

extension SourceInput {
    var canWait: Bool { false }
    var isPaced: Bool { false }
    var isPassive: Bool { false }
}

/// Why a source cannot be opened, or read any further; one sentence.
struct SourceFailure: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
