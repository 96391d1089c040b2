/// How the channels of a relay are followed: list them, watch the changes from there, and list again when the place is lost.
///
/// ```
///  listing ── list ─► watching ── change ─► watching
///     ▲ │ no such route                  │ a change was missed, or the connection broke
///     │ └──────────► watching (changes only)
///     └──────────────────────────────────┘
/// ```
public struct ChangefeedState: Sendable {
    public enum Action: Hashable, Sendable {
        /// Ask for the list of channels.
        case list
        /// Read the changefeed from this position on.
        case watch(SegmentPosition)
        /// Hand this on, then go on: with what follows from ``ChangefeedState/reported()``.
        case report(ChannelChanges)
        /// Nothing to tell: read on.
        case readOn
        /// Report ``ChangefeedState/waited()`` after this time.
        case wait(Duration)
        case fail(Failure)
    }

    public enum Failure: Hashable, Sendable {
        case unreachable
        case refused(status: Int)
    }

    private enum Phase: Hashable, Sendable {
        case listing
        /// The list has been handed on; the feed is to be read from its position.
        case listed(SegmentPosition)
        case watching
    }

    private var phase = Phase.listing
    private var known: Set<ChannelName> = []
    /// Whether the relay lists its channels, so that a lost place can be found again.
    public private(set) var hasList = false
    private var outage = Outage()
    /// A relay may give its list, and have no room for who watches.
    private var feedBackoff = Backoff()
    private let patience: Duration

    /// - Parameter patience: for how long to bear with a relay that answered before and does not now.
    public init(patience: Duration = .seconds(15)) { self.patience = patience }

    public func start() -> Action { .list }

    /// The time of a `.wait` is over.
    public func waited() -> Action { .list }

    /// The list has come: all channels, and the number of the feed's segment that follows on it, where there is a feed.
    public mutating func listed(_ names: [ChannelName], next: SequenceNumber?) -> Action {
        let isFirst = !hasList
        hasList = true
        outage.end()
        let all = Set(names.filter { !$0.isInternal })
        let changes = ChannelChanges(
            added: all.subtracting(known).sorted(), removed: known.subtracting(all).sorted())
        known = all
        phase = .listed(next.map { .exact($0) } ?? .next)
        return changes.isEmpty && !isFirst ? reported() : .report(changes)
    }

    /// The list was refused.
    public mutating func refused(status: Int, now: Duration, jitter: Double) -> Action {
        switch status {
        case 429, 500..<600: return retry(.refused(status: status), now: now, jitter: jitter)
        // A server of the plain protocol: `_channels` is no route, or a channel like any other.
        case 400, 404, 405,
            StatusCode.segmentNotFound where !hasList:
            phase = .watching
            return .watch(.next)
        default: return .fail(.refused(status: status))
        }
    }

    public mutating func failed(_ failure: RequestFailure, now: Duration, jitter: Double) -> Action {
        failure == .permanent ? .fail(.unreachable) : retry(.unreachable, now: now, jitter: jitter)
    }

    /// What was to be handed on has been.
    public mutating func reported() -> Action {
        guard case .listed(let position) = phase else { return .readOn }
        phase = .watching
        return .watch(position)
    }

    /// One document of the feed has come whole.
    public mutating func changed(_ changes: ChannelChanges) -> Action {
        feedBackoff.reset()
        // The list and the feed may both tell of a channel that came in between.
        let added = Set(changes.added.filter { !$0.isInternal }).subtracting(known)
        let removed = Set(changes.removed).intersection(known)
        known.formUnion(added)
        known.subtract(removed)
        let news = ChannelChanges(added: added.sorted(), removed: removed.sorted())
        return news.isEmpty ? .readOn : .report(news)
    }

    /// Part of the feed was missed, or the feed began anew.
    public mutating func lostPlace() -> Action {
        // Without a list nobody can tell what was missed.
        guard hasList else { return .readOn }
        phase = .listing
        return .list
    }

    /// The connection to the feed broke: the relay that comes back may be another one, whose feed knows nothing of this place. Only where
    /// the relay has a list.
    public mutating func feedBroke(jitter: Double) -> Action {
        phase = .listing
        return .wait(feedBackoff.next(jitter: jitter))
    }

    private mutating func retry(_ failure: Failure, now: Duration, jitter: Double) -> Action {
        let limit = hasList ? patience : .zero
        guard let wait = outage.wait(now: now, limit: limit, jitter: jitter) else { return .fail(failure) }
        return .wait(wait)
    }
}
