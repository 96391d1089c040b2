import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Whether an event loop has much to do: the share of its time in which its thread works.
struct LaneLoad {
    /// The share from which on it is busy.
    static let busyShare = 0.4
    /// The share below which it is busy no more. Bytes that leave together cost a third of the work: what is held because the loop
    /// is busy would not be held any longer, and at once be held again, were this any closer to ``busyShare``.
    static let calmShare = 0.12
    /// The share is that of so long at least.
    static let period = TimeAmount.milliseconds(100)

    private(set) var isBusy = false
    private var begin: (time: NIODeadline, worked: Int64)?

    /// To be called when there is work. It reads the thread's clock ten times a second at most.
    ///
    /// - Parameter worked: the time that the thread has worked since it began, in nanoseconds.
    mutating func look(now: NIODeadline, worked: () -> Int64 = LaneLoad.workedOfThisThread) {
        guard let begin else { return self.begin = (now, worked()) }
        guard now - begin.time >= Self.period else { return }
        let end = worked()
        let share = Double(end - begin.worked) / Double((now - begin.time).nanoseconds)
        isBusy = share >= (isBusy ? Self.calmShare : Self.busyShare)
        self.begin = (now, end)
    }

    static func workedOfThisThread() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
