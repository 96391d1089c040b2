import NIOCore
import TrickleCore

/// The whole segments of one channel, for all viewers of frames that a lane has.
///
/// It watches the segments that are being written and waits for the next one, as any reader does. What is whole becomes one message for all
/// viewers. Each viewer takes what it wants when it can: nothing is queued for one that is slow.
final class FrameFeed {
    /// How the channel is.
    enum Standing {
        /// It is not there yet.
        case absent
        case live
        /// There is no more to come, and why.
        case over(WebSocketEnding)
    }

    /// What a viewer gets who asks for a number.
    enum Lookup {
        case message(FrameMessage)
        /// It may still come.
        case later
        /// It has ended before it was whole.
        case broken
        /// The window has moved past it.
        case gone
        case over(WebSocketEnding)
    }

    let name: ChannelName
    let lane: RelayLane
    private(set) var standing = Standing.absent
    /// The newest whole segment.
    private(set) var newest: FrameMessage?
    /// How often the numbers have begun anew while somebody viewed.
    private(set) var restartCount = 0
    private(set) var restartNumber = SequenceNumber.zero
    /// What viewers get who do not say what they want; nil until a segment is whole.
    var suitingMode: FrameViewing.Mode? { newest.map { $0.isText ? .all : .latest } }
    /// The number behind all those that have been seen to begin.
    private(set) var next = SequenceNumber.zero
    private var channel: ChannelID?
    private var watches: [SegmentWatch] = []
    private var viewers: [FrameViewer] = []
    /// Viewers who count as readers besides the watches, which do already.
    private var seatCount = 0
    /// Viewers below this place have not been told of what is new.
    private var untoldCount = 0
    private var isTelling = false

    /// How far back segments are looked at when the first viewer comes: as many may be open at once.
    private static let lookback = 16

    init(_ name: ChannelName, on lane: RelayLane) {
        self.name = name
        self.lane = lane
    }

    /// Looks for the channel, or waits until there is one.
    func begin() {
        do throws(RelayRefusal) {
            let next = try lane.store.perform(on: lane) { (store, _) throws(RelayRefusal) in
                do throws(RelayRefusal) { return try store.next(of: name) } catch {
                    store.awaitChannel(name, on: lane.id)
                    throw error
                }
            }
            self.next = SequenceNumber(max(0, next.value - Self.lookback)) ?? .zero
            follow()
        } catch {
            standing = .absent
        }
    }

    /// Nobody views any more.
    private func end() {
        if case .absent = standing {
            lane.store.perform(on: nil) { store, _ in store.dismissAwaiting(name, on: lane.id) }
        }
        for watch in watches { watch.end() }
        watches = []
        takeSeats()
        lane.forget(self)
    }

    // MARK: Viewers

    /// - Throws: why there is no place for it.
    func add(_ viewer: FrameViewer) throws(WebSocketEnding) {
        viewer.place = viewers.count
        viewers.append(viewer)
        guard takeSeats() else {
            remove(viewer)
            throw WebSocketEnding(1013, "the relay has as many readers as it may: try again later")
        }
    }

    func remove(_ viewer: FrameViewer) {
        guard viewer.place < viewers.count, viewers[viewer.place] === viewer else { return }
        let last = viewers.removeLast()
        if last !== viewer {
            viewers[viewer.place] = last
            last.place = viewer.place
        }
        if viewers.isEmpty { end() } else { takeSeats() }
    }

    /// Counts viewers as readers of the channel.
    ///
    /// - Returns: whether each has a place.
    @discardableResult
    private func takeSeats() -> Bool {
        guard let channel else { return true }
        let wanted = if case .live = standing { max(0, viewers.count - watches.count) } else { 0 }
        guard wanted != seatCount else { return true }
        return lane.store.perform(on: lane) { store, _ in
            while seatCount > wanted {
                store.dismissReader(of: channel)
                seatCount -= 1
            }
            while seatCount < wanted {
                do throws(RelayRefusal) { try store.admitReader(of: channel) } catch { return false }
                seatCount += 1
            }
            return true
        }
    }

    /// A viewer was sent bytes.
    ///
    /// - Parameter skippedCount: segments that it was not sent before.
    func handedOver(_ byteCount: Int, skippedCount: Int, to client: ClientAddress) {
        guard let channel else { return }
        lane.counts.add(.init(bytesOut: byteCount, framesSkipped: skippedCount), to: channel)
        lane.clients.add(.init(bytesOut: byteCount), of: client)
        lane.budget.send(byteCount)
    }

    /// Tells viewers that there is something new, a limited number in each turn of the event loop.
    private func tell() {
        untoldCount = viewers.count
        if !isTelling { tellSome() }
    }

    private func tellSome() {
        isTelling = true
        while untoldCount > 0, !lane.budget.isSpent {
            untoldCount = min(untoldCount, viewers.count) - 1
            guard untoldCount >= 0 else { break }
            viewers[untoldCount].advance()
            lane.budget.takeReader()
        }
        guard untoldCount > 0 else { return isTelling = false }
        lane.turns.append(isMedia: true) { [self] in
            lane.budget.begin()
            tellSome()
        }
    }

    // MARK: Segments

    /// The channel has been made.
    func channelCame() {
        guard case .absent = standing else { return }
        begin()
    }

    /// Waits for the next segment, and looks at all that has begun from ``next`` on.
    private func follow() {
        let watch = SegmentWatch(for: self, on: lane)
        do throws(RelayRefusal) {
            guard case .waiting(let ticket) = try watch.join(name, at: .next) else {
                watch.end()
                return over(WebSocketEnding(1000, "the channel has no numbers left"))
            }
            standing = .live
            channel = ticket.channel
            watches.append(watch)
            lookAtKept()
            next = max(next, ticket.number)
            takeSeats()
            tell()
        } catch {
            over(error)
        }
    }

    private func lookAtKept() {
        var whole: SegmentView?
        while true {
            let first = next
            let segments = lane.store.perform(on: nil) { store, _ in
                store.segments(of: name, from: first, atMost: Self.lookback)
            }
            for view in segments {
                switch view.state {
                case .open: see(view.number)
                case .complete: whole = view
                case .aborted: break
                }
                next = view.number.next ?? view.number
            }
            guard segments.count == Self.lookback else { break }
        }
        if let whole, let message = message(of: whole) { isWhole(message) }
    }

    /// Sees an open segment to its end.
    private func see(_ number: SequenceNumber) {
        let watch = SegmentWatch(for: self, on: lane)
        guard case .some(let phase) = try? watch.join(name, at: .exact(number)) else { return }
        watches.append(watch)
        if case .reading(let segment) = phase, segment.progress != .open { segmentEnded(watch, segment) }
    }

    func waitingEnded(_ watch: SegmentWatch, _ outcome: WaitingOutcome) {
        guard watches.contains(where: { $0 === watch }) else { return }
        switch outcome {
        case .segment(let segment):
            if let ticket = watch.ticket, segment.number < ticket.number { restart(at: segment.number, but: watch) }
            if watch.ticket?.isRelative == false || segment.number >= next {
                next = max(next, segment.number.next ?? segment.number)
                if segment.progress != .open { segmentEnded(watch, segment) }
            } else {
                // It was there when the others were looked at.
                drop(watch)
            }
            if watch.ticket?.isRelative == true { follow() }
        case .closed: over(WebSocketEnding(1000, "the channel has ended"))
        case .refused where watch.ticket?.isRelative == false:
            drop(watch)
            tell()
        case .refused(let refusal): over(refusal)
        }
    }

    func segmentEnded(_ watch: SegmentWatch, _ segment: LaneSegment) {
        if segment.progress == .complete { isWhole(FrameMessage(segment, now: lane.store.now)) }
        drop(watch)
        tell()
    }

    private func isWhole(_ message: FrameMessage) {
        if newest.map({ $0.number < message.number }) ?? true { newest = message }
    }

    /// The publisher has begun its numbers anew.
    private func restart(at number: SequenceNumber, but watch: SegmentWatch) {
        restartCount += 1
        restartNumber = number
        newest = nil
        next = number
        for other in watches where other !== watch { drop(other) }
    }

    private func drop(_ watch: SegmentWatch) {
        watches.removeAll { $0 === watch }
        watch.end()
        takeSeats()
    }

    private func over(_ refusal: RelayRefusal) {
        switch refusal {
        case .channelNotFound: over(WebSocketEnding(1000, "the channel has ended"))
        case .draining: over(WebSocketEnding(1001, "the relay is going down"))
        default: over(WebSocketEnding(1013, RequestProblem(refusal).reason))
        }
    }

    private func over(_ ending: WebSocketEnding) {
        standing = .over(ending)
        for watch in watches { watch.end() }
        watches = []
        takeSeats()
        lane.forget(self)
        tell()
    }

    // MARK: Looking up

    /// The message of that number, for those who want all of them.
    func lookUp(_ number: SequenceNumber) -> Lookup {
        if let newest, newest.number == number { return .message(newest) }
        if case .live = standing, number >= next { return .later }
        do throws(RelayRefusal) {
            let answer = try lane.store.perform(on: nil) { (store, _) throws(RelayRefusal) in
                try store.read(name, at: .exact(number))
            }
            switch answer {
            case .segment(let view) where view.channel != channel: return ending
            case .segment(let view):
                switch view.state {
                case .complete: return message(of: view).map(Lookup.message) ?? .gone
                case .aborted: return .broken
                case .open:
                    watchLate(number)
                    return .later
                }
            case .wait:
                watchLate(number)
                return .later
            case .closed: return ending
            }
        } catch {
            if case .segmentNotFound(_, let next) = error { return number < next ? .gone : .later }
            return ending
        }
    }

    private var ending: Lookup {
        if case .over(let ending) = standing { .over(ending) } else { .later }
    }

    /// Sees a number to its end that others have overtaken.
    private func watchLate(_ number: SequenceNumber) {
        guard case .live = standing, number < next, !watches.contains(where: { $0.number == number }) else { return }
        let watch = SegmentWatch(for: self, on: lane)
        guard (try? watch.join(name, at: .exact(number))) != nil else { return }
        watches.append(watch)
    }

    private func message(of view: SegmentView) -> FrameMessage? {
        let isKept = lane.store.perform(on: nil) { store, _ in
            guard (try? store.read(name, at: .exact(view.number))) == .segment(view) else { return false }
            store.attach(view.id, on: lane.id)
            return true
        }
        guard isKept else { return nil }
        let segment = lane.segment(of: view)
        defer { lane.forgetIfUnread(segment) }
        return segment.progress == .complete ? FrameMessage(segment, now: lane.store.now) : nil
    }
}
