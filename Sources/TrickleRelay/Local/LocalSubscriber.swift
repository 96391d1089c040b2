import NIOCore
import TrickleCore

extension RelayServer {
    /// Reads a channel of this relay from the program that it runs in, without a socket.
    ///
    /// - Parameters:
    ///   - start: where to begin.
    ///   - waitForChannel: how long to wait for a channel that is not there yet.
    public func subscriber(
        to channel: ChannelName, from start: SegmentPosition = .next, waitForChannel: Duration = .zero
    ) -> LocalSubscriber {
        LocalSubscriber(lane: anyLane(), channel: channel, start: start, waitForChannel: waitForChannel)
    }
}

/// The segments of one channel of a relay in the same program, as they are written.
///
/// Behaves as a subscriber over the wire does, and tells the same of each segment; no byte is copied.
public struct LocalSubscriber: AsyncSequence, Sendable {
    let lane: RelayLane
    let channel: ChannelName
    let start: SegmentPosition
    let waitForChannel: Duration

    public func makeAsyncIterator() -> AsyncIterator {
        let policy = SubscriptionState.Policy(waitForChannel: waitForChannel)
        return AsyncIterator(
            lane: lane, channel: channel, state: SubscriptionState(from: start, policy: policy))
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let lane: RelayLane
        let channel: ChannelName
        var state: SubscriptionState
        private var hasStarted = false
        private var hasEnded = false

        init(lane: RelayLane, channel: ChannelName, state: SubscriptionState) {
            self.lane = lane
            self.channel = channel
            self.state = state
        }

        /// - Returns: nil at the end of the channel.
        /// - Throws: ``TrickleError``, for example `channelNotFound`; `CancellationError`.
        public mutating func next() async throws -> LocalSegment? {
            if hasEnded { return nil }
            var action = hasStarted ? state.waited(now: lane.store.now) : state.start(now: lane.store.now)
            hasStarted = true
            while true {
                switch action {
                case .request(let position):
                    let reader = LocalReader(lane: lane)
                    let answer = try await reader.open(channel, at: position)
                    action = state.answered(answer, now: lane.store.now, jitter: .random(in: 0..<1))
                    if case .deliver(let delivery) = action {
                        hasEnded = delivery.following == nil
                        return LocalSegment(
                            head: SegmentHead(delivery, answer: answer), body: LocalSegmentBody(reader))
                    }
                case .requestNumber:
                    var answer = AnswerHead(status: 404)
                    if let next = try? lane.store.perform(
                        on: nil, { (store, _) throws(RelayRefusal) in try store.next(of: channel) })
                    {
                        answer.status = 200
                        answer.latest = next
                    }
                    answer.features = RelayFeatures(headerValue: CommonFields.features)
                    action = state.answered(answer, now: lane.store.now, jitter: .random(in: 0..<1))
                case .wait(let time):
                    // A relay that goes down does not come back in its own program.
                    guard !lane.store.perform(on: nil, { store, _ in store.isDraining }) else {
                        throw TrickleError(.relayBusy, "the relay is going down")
                    }
                    try await Task.sleep(for: time)
                    action = state.waited(now: lane.store.now)
                case .finish:
                    hasEnded = true
                    return nil
                case .fail(let failure):
                    hasEnded = true
                    throw TrickleError(failure, channel: channel)
                case .deliver:
                    preconditionFailure("there is no segment to deliver")
                }
            }
        }
    }
}

/// One segment that is being read within the relay's own program.
@dynamicMemberLookup
public struct LocalSegment: Sendable {
    /// Its number, its type, and what came before it.
    public let head: SegmentHead
    /// The bytes, as they come; for one reader.
    public let body: LocalSegmentBody

    public subscript<Value>(dynamicMember member: KeyPath<SegmentHead, Value>) -> Value { head[keyPath: member] }
}

/// The bytes of a segment in the pieces that the relay keeps.
///
/// Ends at the segment's proper end. A segment that is not whole ends with a ``TrickleError`` whose code is `segmentAborted` or
/// `segmentCut`.
public struct LocalSegmentBody: AsyncSequence, Sendable {
    /// Lets the reader go with the last that holds the body.
    fileprivate final class Source: Sendable {
        let reader: LocalReader
        init(_ reader: LocalReader) { self.reader = reader }
        deinit { reader.close() }
    }

    private let source: Source

    init(_ reader: LocalReader) { source = Source(reader) }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let source: Source
        private var hasEnded = false

        fileprivate init(source: Source) { self.source = source }

        public mutating func next() async throws -> ByteBuffer? {
            if hasEnded { return nil }
            do {
                let bytes = try await source.reader.nextBytes()
                hasEnded = bytes == nil
                return bytes
            } catch {
                hasEnded = true
                throw error
            }
        }
    }
}

extension TrickleError {
    fileprivate init(_ failure: SubscriptionState.Failure, channel: ChannelName) {
        switch failure {
        case .channelNotFound:
            self.init(.channelNotFound, "there is no channel '\(channel)'", status: 404)
        case .unreachable, .busy:
            self.init(.relayBusy, "the relay is going down")
        case .refused(let status):
            self.init(.refused, "cannot read '\(channel)': the relay answered \(status)", status: status)
        case .sequenceMissing:
            preconditionFailure("the relay numbers its segments")
        }
    }
}
