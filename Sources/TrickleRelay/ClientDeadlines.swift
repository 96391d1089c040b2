import NIOCore

/// What a client owes the connection, and until when: to take what was sent, and to send what is due.
struct ClientDeadlines {
    enum Missed {
        /// What was sent has not been taken.
        case taking
        /// The rest of what has begun has not come.
        case rest
        /// Nothing has come.
        case arrival
    }

    /// Until when what was sent has to be taken; nil while nothing is left.
    private var taking: NIODeadline?
    /// Until when a request, the rest of one, or the client's end has to come; nil while nothing is due.
    private var arrival: NIODeadline?
    /// Since when something has to come of which nothing has come.
    private(set) var silentSince: NIODeadline?
    /// Whether it is the rest of something.
    private var isForRest = false
    /// The number of the element that has begun (``RequestGate/elementCount``); nil for what the gate does not see.
    private var element: Int?

    mutating func mustTake(within time: Duration) { taking = .now() + TimeAmount(time) }
    mutating func hasTaken() { taking = nil }

    /// Something has to come, as a request or the client's end.
    mutating func await(within time: Duration) {
        (isForRest, element) = (false, nil)
        let now = NIODeadline.now()
        silentSince = now
        arrival = now + TimeAmount(time)
    }

    /// The rest of something has to come. It gets no more time by coming in pieces.
    mutating func awaitRest(within time: Duration) {
        guard !isForRest else { return }
        isForRest = true
        silentSince = nil
        arrival = .now() + TimeAmount(time)
    }

    mutating func nothingIsDue() {
        (isForRest, element) = (false, nil)
        (silentSince, arrival) = (nil, nil)
    }

    /// - Parameters:
    ///   - element: which element has begun and has not ended; nil if none has.
    ///   - time: for the rest of it.
    mutating func follow(_ element: Int?, within time: Duration) {
        guard element != self.element else { return }
        nothingIsDue()
        guard element != nil else { return }
        awaitRest(within: time)
        self.element = element
    }

    /// What has been missed by now; it is told once.
    mutating func missed(by now: NIODeadline) -> Missed? {
        if let deadline = taking, deadline <= now {
            taking = nil
            return .taking
        }
        guard let deadline = arrival, deadline <= now else { return nil }
        arrival = nil
        return isForRest ? .rest : .arrival
    }
}
