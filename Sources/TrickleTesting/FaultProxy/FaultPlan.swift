/// The way that bytes go through a ``FaultProxy``.
public enum FlowDirection: String, Sendable, CaseIterable {
    /// From the client to the relay.
    case toRelay
    /// From the relay to the client.
    case fromRelay
}

/// How a connection comes to its end before its time.
public enum ConnectionBreak: String, Sendable, CaseIterable {
    /// Both sides see it closed (FIN), after all that was carried.
    case cut
    /// Both sides see a reset (RST).
    case reset
    /// Half-open: nothing is carried any more, and nobody is told.
    case silence
}

/// What a ``FaultProxy`` does to its connections until it is told otherwise.
public struct FaultPlan: Sendable {
    /// What happens to one direction of each connection.
    public struct Flow: Sendable {
        /// The connection breaks when it has carried so many bytes in this direction: exactly that many where the range has one
        /// number, else a number of the range for each connection.
        public var breaksAfter: ClosedRange<Int>?
        /// nil: as fast as it goes.
        public var bytesPerSecond: Int?
        /// Nothing is carried: a stall, until the plan says otherwise.
        public var isStalled = false

        public init(breaksAfter: ClosedRange<Int>? = nil, bytesPerSecond: Int? = nil, isStalled: Bool = false) {
            self.breaksAfter = breaksAfter
            self.bytesPerSecond = bytesPerSecond
            self.isStalled = isStalled
        }
    }

    public var toRelay = Flow()
    public var fromRelay = Flow()
    /// How connections break.
    public var breaking = ConnectionBreak.cut
    /// One connection, whichever chance takes, breaks each time that this has passed.
    public var breaksOneEvery: Duration?
    /// New connections are refused.
    public var refuses = false

    public init(toRelay: Flow = Flow(), fromRelay: Flow = Flow(), breaking: ConnectionBreak = .cut) {
        self.toRelay = toRelay
        self.fromRelay = fromRelay
        self.breaking = breaking
    }

    /// Everything is carried, as if there were no proxy.
    public static let faultless = FaultPlan()

    /// Each connection breaks when it has carried so many bytes in either of the `directions`.
    public static func breaking(
        each byteCount: ClosedRange<Int>, _ directions: FlowDirection..., by breaking: ConnectionBreak = .cut
    ) -> FaultPlan {
        var plan = FaultPlan(breaking: breaking)
        for direction in directions { plan[direction].breaksAfter = byteCount }
        return plan
    }

    /// Nothing is carried in these directions.
    public static func stalling(_ directions: FlowDirection...) -> FaultPlan {
        var plan = FaultPlan()
        for direction in directions { plan[direction].isStalled = true }
        return plan
    }

    public subscript(direction: FlowDirection) -> Flow {
        get { direction == .toRelay ? toRelay : fromRelay }
        set { if direction == .toRelay { toRelay = newValue } else { fromRelay = newValue } }
    }
}
