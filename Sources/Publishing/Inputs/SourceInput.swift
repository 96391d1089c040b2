/// What a source gives.
package enum SourceEvent: Sendable {
    /// Any run of bytes.
    case bytes([UInt8])
    /// One stream has ended, and another begins: a pipe's next writer, a file's next round.
    case anotherBegins
}

/// An open source of a transport stream.
package protocol SourceInput: Sendable {
    /// Whether the source can wait for a relay that is slow; what cannot is dropped, in whole segments.
    var canWait: Bool { get }
    /// Whether it is to be held back to the speed of its clock.
    var isPaced: Bool { get }
    /// Whether it is a file. What has been read ahead of one is no longer wanted when its end is asked for.
    var isStored: Bool { get }
    /// Whether it is for others to begin, so that nothing is wrong with it while it is silent.
    var isPassive: Bool { get }

    /// - Returns: nil at the end.
    /// - Throws: ``SourceFailure`` and the system's errors; `CancellationError`.
    func next() async throws -> SourceEvent?

    /// Ends it: ``next()`` returns soon.
    func requestEnd()

    /// Lets go of it, and waits for its children. Called once, after the last ``next()``.
    func close() async -> SourceEnding
}

extension SourceInput {
    package var canWait: Bool { false }
    package var isPaced: Bool { false }
    package var isStored: Bool { false }
    package var isPassive: Bool { false }
}

/// Why a source cannot be opened, or read any further; one sentence.
package struct SourceFailure: Error, Equatable, CustomStringConvertible {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }

    package var description: String { reason }
}

/// How a source has ended.
package struct SourceEnding: Sendable {
    /// A sentence.
    package let reason: String
    /// What went wrong, where the end was a failure and more is to be made of it than a sentence.
    package let failure: (any Error)?

    package init(_ reason: String, failure: (any Error)? = nil) {
        self.reason = reason
        self.failure = failure
    }
}
