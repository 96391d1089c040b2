import SpawnShims

/// What the system still gives this process under its limits.
///
/// Some that a program is built on (Dispatch, event loops, Swift's allocations) cannot be refused anything: they wait for ever, or end the
/// process. So they must never be the ones who meet a limit: a program tries at its start whether they get what they need.
public struct SystemRoom: Sendable {
    /// Threads, which the limit of processes counts, too (`ulimit -u`).
    public var threadCount: Int
    /// `ulimit -n`.
    public var descriptorCount: Int
    /// Address space (`ulimit -v`).
    public var byteCount: Int

    public init(threadCount: Int, descriptorCount: Int, byteCount: Int) {
        self.threadCount = threadCount
        self.descriptorCount = descriptorCount
        self.byteCount = byteCount
    }

    /// There is too little of something.
    public struct Shortage: Error, CustomStringConvertible {
        /// What a limit counts.
        public let what: String
        public let needed: Int
        /// How a shell tells and sets it.
        public let command: String

        public var description: String {
            "the system gives this program too few \(what), it needs \(needed) more: raise the limit with '\(command)'"
        }
    }

    /// Makes the most of the process's limits. To be called before there are threads.
    public static func suitLimits() { trickle_suit_limits() }

    /// Tries whether all of it can be had at once, and lets it go again.
    ///
    /// - Throws: ``Shortage``, which says which limit to raise.
    public func check() throws(Shortage) {
        if trickle_try_memory(byteCount) != 0 {
            throw Shortage(what: "MiB of memory", needed: byteCount >> 20, command: "ulimit -v")
        }
        if trickle_try_descriptors(Int32(clamping: descriptorCount)) != 0 {
            throw Shortage(what: "open files", needed: descriptorCount, command: "ulimit -n")
        }
        if trickle_try_threads(Int32(clamping: threadCount)) != 0 {
            throw Shortage(what: "threads and processes", needed: threadCount, command: "ulimit -u")
        }
    }
}
