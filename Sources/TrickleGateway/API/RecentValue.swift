/// Something that costs much to make: it is made once in an interval, however many ask, and whoever comes while it is made shares it.
actor RecentValue<Value: Sendable> {
    private let interval: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let make: @Sendable () async -> Value
    private var last: (value: Value, madeAt: ContinuousClock.Instant)?
    private var making: Task<Value, Never>?

    /// - Parameters:
    ///   - interval: how old the value may be that is handed out.
    ///   - now: the clock.
    init(
        atMostEvery interval: Duration, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        make: @escaping @Sendable () async -> Value
    ) {
        self.interval = interval
        self.now = now
        self.make = make
    }

    /// The value, made anew when it is too old.
    func value() async -> Value {
        if let making { return await making.value }
        if let last, now() - last.madeAt < interval { return last.value }
        let making = Task { await make() }
        self.making = making
        let value = await making.value
        last = (value, now())
        self.making = nil
        return value
    }
}
