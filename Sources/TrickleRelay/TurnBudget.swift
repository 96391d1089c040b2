import NIOCore

/// What may be done for readers in one turn of the event loop. Whoever has nothing to do with them waits for no more than that.
final class TurnBudget {
    /// Readers who are told something in one turn; of what is woken meanwhile, as many again.
    static let readerCount = 1024
    /// The same of those who have waited.
    static var waitingReaderCount: Int { readerCount / readersPerWaiting }
    /// After how long a turn ends, whatever is left.
    static let time = TimeAmount.milliseconds(2)
    /// One who has waited counts as so many: it asks again at once, and all such requests come in one turn with those of others.
    private static let readersPerWaiting = 8
    /// Readers between two looks at the clock, if they get little.
    private static let readersPerLook = 16
    /// Bytes between two looks. To fill the socket of a reader who has just come takes as long as to serve a thousand others.
    private static let bytesPerLook = 128 << 10
    /// A connection that is closed with all its socket holds counts as so many bytes.
    static let bytesPerCut = bytesPerLook / 2

    /// After how long a turn ends; tests have a longer one.
    var timePerTurn = time
    private var readersLeft = readerCount
    private var bytesUntilLook = bytesPerLook
    private var deadline = NIODeadline.now()

    /// Whether nothing is left.
    var isSpent: Bool { readersLeft <= 0 }

    /// A turn begins.
    func begin() {
        readersLeft = Self.readerCount
        bytesUntilLook = Self.bytesPerLook
        deadline = .now() + timePerTurn
    }

    /// Bytes go to the system.
    func send(_ byteCount: Int) { bytesUntilLook -= byteCount }

    /// Pays for one reader who has waited.
    func takeWaitingReader() { takeReader(countingAs: Self.readersPerWaiting) }

    /// Pays for one reader.
    func takeReader() { takeReader(countingAs: 1) }

    private func takeReader(countingAs count: Int) {
        let looksLeft = (readersLeft - 1) / Self.readersPerLook
        readersLeft -= count
        guard bytesUntilLook <= 0 || (readersLeft - 1) / Self.readersPerLook < looksLeft else { return }
        bytesUntilLook = Self.bytesPerLook
        if deadline <= .now() { readersLeft = 0 }
    }
}
