import NIOCore

/// What access adds to one answer.
final class AnswerTerms {
    /// When the answer ends at the latest, because its client is let in no longer; nil for never.
    let end: NIODeadline?
    let readers: PageReaders

    init(end: NIODeadline?, readers: PageReaders) {
        self.end = end
        self.readers = readers
    }

    /// - Returns: nil where nothing is added, which is so for most.
    static func of(_ grant: AccessGrant, _ readers: PageReaders) -> AnswerTerms? {
        if grant.end == nil, readers == .allOrigins { return nil }
        let end = grant.end.map { NIODeadline.now() + TimeAmount(max(.zero, $0 - .now)) }
        return AnswerTerms(end: end, readers: readers)
    }
}
