import TrickleKit

/// Who follows a stream on its way, and decides what becomes of the next one of its source.
package protocol StreamFollower {
    /// Bytes have come.
    mutating func hasCome(byteCount: Int)
    /// They were understood.
    mutating func hasUnderstood(_ progress: StreamProgress)
    /// What they hold is on its way to the relay.
    mutating func hasPublished(_ progress: StreamProgress, of stream: inout SourceStream)
    /// The source has come to an end, and begins again.
    ///
    /// - Returns: false where no more of it is wanted.
    /// - Throws: What the relay does; a failure where it cannot go on.
    mutating func begins(after stream: inout SourceStream) async throws -> Bool
}

extension StreamFollower {
    package mutating func hasCome(byteCount: Int) {}
    package mutating func hasUnderstood(_ progress: StreamProgress) {}
}

/// What one run of bytes has brought.
package struct StreamProgress: Sendable {
    package let byteCount: Int
    package let packetCount: Int
    /// How many segments began.
    package let segmentCount: Int
    /// Whether one is to begin.
    package let beginsSegment: Bool
}

// From an input through the segmenter to an outlet: the one way for all that is published as a stream.
extension SourceStream {
    /// Publishes what comes, until the source ends. The last segment stays open.
    ///
    /// - Parameters:
    ///   - next: What the source gives; nil at its end.
    ///   - follower: Is told of each piece.
    ///   - isEnough: Whether what has been read ahead is no longer wanted.
    /// - Throws: What `next` throws; ``SourceFailure`` for what is no transport stream; what the relay does.
    package mutating func publish(
        _ next: () async throws -> SourceEvent?, telling follower: inout some StreamFollower,
        until isEnough: () -> Bool = { false }
    ) async throws {
        while let event = try await next() {
            switch event {
            case .bytes(let bytes):
                follower.hasCome(byteCount: bytes.count)
                let (packets, segments) = (packetCount, segmentCount)
                let steps = try receive(bytes)
                let progress = { (stream: borrowing SourceStream) in
                    StreamProgress(
                        byteCount: bytes.count, packetCount: stream.packetCount - packets,
                        segmentCount: stream.segmentCount - segments, beginsSegment: steps.contains(where: \.isBegin))
                }
                follower.hasUnderstood(progress(self))
                try await perform(steps)
                follower.hasPublished(progress(self), of: &self)
            case .anotherBegins:
                guard try await follower.begins(after: &self) else { return }
            }
            if isEnough() { return }
        }
    }
}
