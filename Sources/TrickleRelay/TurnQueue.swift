import NIOCore

/// What an event loop puts off, so that it looks after its sockets and serves others in between.
///
/// NIO's loop runs all tasks that are ready, also those that become ready meanwhile, before it looks at a socket again. So a turn comes
/// with the ringing of a ``Doorbell``, which is a socket to the loop.
package final class TurnQueue {
    /// How far two turns are from each other at least where there is no bell.
    static let distance = TimeAmount.microseconds(100)
    /// What all connections together may take up before the next turn, in the units of ``take(_:)``.
    static let allowance = 2048
    /// After how long the allowance ends, whatever is left of it.
    static let time = TurnBudget.time
    /// A gap between two takings after which the event loop must have looked at its sockets: it had nothing to do.
    private static let idleTime = TimeAmount.milliseconds(1)
    /// New connections that are set up before the next turn. They wait in a line of their own: those who are there come first.
    static let arrivalsPerTurn = 16

    let eventLoop: any EventLoop
    var doorbell: Doorbell?
    private var jobs = CircularBuffer<() -> Void>()
    private var mediaJobs = CircularBuffer<() -> Void>()
    private var arrivals = CircularBuffer<() -> Void>()
    private var arrivalsLeft = arrivalsPerTurn
    private var isScheduled = false
    private var isRunning = false
    /// What is left of the allowance.
    private(set) var unitsLeft = allowance
    /// When something was taken up first since the turn began, and last.
    private var taking: (start: NIODeadline, last: NIODeadline)?
    /// The clock; tests have their own.
    var now: () -> NIODeadline = NIODeadline.now

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Puts `job` off until the next turn in which there is room for it.
    ///
    /// - Parameter isMedia: it brings or hands on a segment's bytes. A turn does one of these and one of the others in turn, so that
    ///   media does not stand in line behind a crowd of new requests.
    func append(isMedia: Bool = false, _ job: @escaping () -> Void) {
        if isMedia { mediaJobs.append(job) } else { jobs.append(job) }
        schedule()
    }

    /// Sets a connection up: at once where there is room for it, and in a later turn otherwise.
    func admit(_ setUp: @escaping () -> Void) {
        arrivals.append(setUp)
        setUpArrivals()
        schedule()
    }

    /// Connections that wait to be set up.
    var arrivalCount: Int { arrivals.count }

    /// Lets go of the connections that wait, with what they hold.
    func dismissArrivals() { arrivals.removeAll() }

    private func setUpArrivals() {
        while arrivalsLeft > 0, let setUp = arrivals.popFirst() {
            arrivalsLeft -= 1
            setUp()
        }
    }

    /// Takes up a part of the allowance.
    func take(_ units: Int) {
        unitsLeft -= units
        let now = now()
        if let taking, now - taking.last < Self.idleTime {
            self.taking?.last = now
            if now - taking.start >= Self.time { unitsLeft = 0 }
        } else {
            taking = (now, now)
        }
        schedule()
    }

    /// Whether there is something for another turn, be it that the allowance goes to its end: who takes little never waits for that.
    private var wantsTurn: Bool {
        !jobs.isEmpty || !mediaJobs.isEmpty || !arrivals.isEmpty || unitsLeft < Self.allowance / 2
            || arrivalsLeft < Self.arrivalsPerTurn / 2
    }

    private func schedule() {
        guard !isScheduled, !isRunning, wantsTurn else { return }
        isScheduled = true
        if let doorbell { return doorbell.ring() }
        eventLoop.assumeIsolated().scheduleTask(in: Self.distance) { self.run() }
    }

    /// A turn.
    func run() {
        isScheduled = false
        isRunning = true
        unitsLeft = Self.allowance
        taking = nil
        // What is put off meanwhile is for another turn.
        var (mediaCount, count) = (mediaJobs.count, jobs.count)
        while unitsLeft > 0, mediaCount + count > 0 {
            if mediaCount > 0 {
                mediaCount -= 1
                mediaJobs.removeFirst()()
            }
            if count > 0 {
                count -= 1
                jobs.removeFirst()()
            }
        }
        arrivalsLeft = Self.arrivalsPerTurn
        setUpArrivals()
        isRunning = false
        schedule()
    }
}
