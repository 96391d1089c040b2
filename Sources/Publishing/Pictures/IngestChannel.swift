import CommandFrame
import Logging
import Synchronization
import TrickleKit

/// A channel of a relay that takes whole pictures, and numbers them itself. It needs no opening and no end: the first picture makes it, and
/// when no more come the relay lets it go.
final class IngestChannel: PublishedChannel {
    private let sender: PictureSender
    private let dropped = Atomic(0)

    init(_ sender: PictureSender) { self.sender = sender }

    /// How many pictures the relay was late for.
    var droppedCount: Int { dropped.load(ordering: .relaxed) }

    var hadSegments: Bool { false }
    func open() {}
    func close(settlingFor limit: Duration?) {}

    /// Whatever `waits` says, only the newest picture waits.
    func publish<Result: Sendable>(
        waits: Bool, renewing rule: RenewalRule, _ body: @escaping @Sendable (any SegmentOutlet) async throws -> Result
    ) async throws -> Result {
        let mailbox = PictureMailbox()
        defer { dropped.add(mailbox.droppedCount, ordering: .relaxed) }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await self.sender.send(from: mailbox)
                return nil
            }
            group.addTask {
                let result = try await body(PictureOutlet(mailbox))
                mailbox.close()
                return result
            }
            var result: Result?
            // Whichever fails ends the other.
            for try await part in group { result = part ?? result }
            guard let result else { preconditionFailure("the body returns or throws") }
            return result
        }
    }
}
