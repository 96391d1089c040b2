import NIOConcurrencyHelpers
import NIOCore
import TrickleCore

/// The one store of a relay, and the lanes that its wakes go to.
///
/// A lock guards the decisions; nothing is delivered under it. Whoever changes the store on a lane delivers to that lane
/// at once, and to the others with one hop each.
final class SharedStore: Sendable {
    typealias Store = RelayStore<EncodedPiece>

    private let store: NIOLockedValueBox<Store>
    private let lanes: NIOLockedValueBox<[RelayLane]>
    private let start: NIODeadline
    let localCalls = LocalCalls()
    let channelListing = ChannelListing()

    init(limits: RelayLimits) {
        start = .now()
        store = NIOLockedValueBox(Store(limits: limits, now: .zero))
        lanes = NIOLockedValueBox([])
    }

    /// What counts now.
    var limits: RelayLimits { store.withLockedValue { $0.limits } }

    /// The time since the relay was started.
    var now: Duration { .nanoseconds((NIODeadline.now() - start).nanoseconds) }

    /// The lanes, once, before the first request.
    func setLanes(_ new: [RelayLane]) {
        lanes.withLockedValue { $0 = new }
    }

    /// Asks or tells the store something.
    ///
    /// - Parameter lane: the lane whose event loop this is called on, if it is one.
    func perform<Result>(
        on lane: RelayLane?, _ body: (inout Store, _ now: Duration) throws(RelayRefusal) -> Result
    ) throws(RelayRefusal) -> Result {
        var own: [Wake.Subject] = []
        let result = decided(body) { own = send($0, from: lane) }
        if let lane, !own.isEmpty { lane.look(at: own) }
        return try result.get()
    }

    /// - Parameter waking: gets the wakes, if there are any, while the store is locked.
    private func decided<Result>(
        _ body: (inout Store, _ now: Duration) throws(RelayRefusal) -> Result, waking: ([Wake]) -> Void
    ) -> Swift.Result<Result, RelayRefusal> {
        store.withLockedValue { store in
            let now = self.now
            let result: Swift.Result<Result, RelayRefusal>
            do throws(RelayRefusal) { result = .success(try body(&store, now)) } catch { result = .failure(error) }
            let wakes = store.takeWakes()
            if !wakes.isEmpty { waking(wakes) }
            return result
        }
    }

    /// As above, for what cannot be refused.
    func perform<Result>(on lane: RelayLane?, _ body: (inout Store, _ now: Duration) -> Result) -> Result {
        do throws(RelayRefusal) {
            return try perform(on: lane) { (store, now) throws(RelayRefusal) in body(&store, now) }
        } catch {
            preconditionFailure("nothing was to be refused: \(error)")
        }
    }

    /// As above, from outside the event loops. Lanes are woken when the last reference to what is returned beside the result has gone.
    func performHoldingWakes<Result>(
        _ body: (inout Store, _ now: Duration) throws(RelayRefusal) -> Result
    ) throws(RelayRefusal) -> (Result, HeldWakes) {
        var held: [Wake] = []
        let result = decided(body) { held = $0 }
        let wakes = HeldWakes(held, of: self)
        return (try result.get(), wakes)
    }

    /// Lanes that have something to look at, and do not know yet.
    final class HeldWakes: Sendable {
        private let wakes: [Wake]
        private let store: SharedStore

        fileprivate init(_ wakes: [Wake], of store: SharedStore) {
            self.wakes = wakes
            self.store = store
        }

        deinit { _ = store.send(wakes, from: nil) }
    }

    /// How the clients' channels do, by name. The lock is held for a few of them at a time.
    func channelReports() -> [ChannelReport] {
        let names = perform(on: nil) { store, _ in store.channelList.names }
        var reports: [ChannelReport] = []
        reports.reserveCapacity(names.count)
        var rest = names[...]
        while !rest.isEmpty {
            let some = rest.prefix(Self.reportsAtATime)
            reports += perform(on: nil) { store, now in store.channelReports(of: some, now: now) }
            rest = rest.dropFirst(some.count)
        }
        return reports
    }

    private static let reportsAtATime = 256

    /// - Returns: what `lane` itself has to look at.
    private func send(_ wakes: [Wake], from lane: RelayLane?) -> [Wake.Subject] {
        // A publisher of the relay's own program may outlive the event loops.
        let isFromOutside = lane == nil
        if isFromOutside, !localCalls.begin() { return [] }
        defer { if isFromOutside { localCalls.ended() } }
        let lanes = self.lanes.withLockedValue { $0 }
        var own: [Wake.Subject] = []
        for wake in wakes {
            for target in wake.lanes {
                if target == lane?.id {
                    own.append(wake.subject)
                } else {
                    let other = lanes[target.index]
                    other.eventLoop.execute { other.look(at: [wake.subject]) }
                }
            }
        }
        return own
    }
}
