import NIOCore

/// What an event loop puts off, so that it looks after its sockets and serves others in between.
///
/// The loop runs all that is ready before it looks at a socket again, also what became ready meanwhile. So there is one task for
/// all that is put off, and it is scheduled anew when it has ended.
package final class TurnQueue {
    /// How far two turns are from each other at least.
    static let distance = TimeAmount.microseconds(100)
    /// What all connections together may take up before the next turn, in the units of ``take(_:)``.
    static let allowance = 2048

    private let eventLoop: any EventLoop
    private var jobs = CircularBuffer<() -> Void>()
    private var isScheduled = false
    private var isRunning = false
    /// What is left of the allowance.
    private(set) var unitsLeft = allowance

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Puts `job` off until the next turn in which there is room for it.
    func append(_ job: @escaping () -> Void) {
        jobs.append(job)
        schedule()
    }

    /// Takes up a part of the allowance.
    func take(_ units: Int) { unitsLeft -= units }

    private func schedule() {
        guard !isScheduled, !isRunning, !jobs.isEmpty else { return }
        isScheduled = true
        eventLoop.assumeIsolated().scheduleTask(in: Self.distance) { self.run() }
    }

    private func run() {
        isScheduled = false
        isRunning = true
        unitsLeft = Self.allowance
        // What is put off meanwhile is for another turn.
        for _ in 0..<jobs.count where unitsLeft > 0 { jobs.removeFirst()() }
        isRunning = false
        schedule()
    }
}
