/// How much media has gone by: adds up the steps of a stream's time stamps, over their wrap and their jumps.
///
/// Where stamps are missing or stand still for ``patience`` of arrival time, arrival time counts instead.
struct MediaClock {
    /// A longer step forward is a jump, not time.
    static let maximumStep = MediaTicks.seconds(10)
    /// A step back by no more than this is reordering, or two streams that are not quite in step.
    static let maximumReordering = MediaTicks.seconds(2)
    static let patience = MediaTicks.seconds(2)

    /// Since the beginning.
    private(set) var elapsed: MediaTicks = 0
    private(set) var jumpCount = 0
    /// Whether arrival time had to stand in for time stamps.
    private(set) var usesArrival = false

    private var last: Timestamp?
    private var lastArrival: MediaTicks?
    private var lastStepArrival: MediaTicks = 0

    /// A unit with this time stamp has come.
    mutating func advance(to timestamp: Timestamp?, now: Duration) {
        let arrival = MediaTicks(now)
        let arrivalStep = min(max(arrival - (lastArrival ?? arrival), 0), Self.maximumStep)
        if lastArrival == nil { lastStepArrival = arrival }
        lastArrival = arrival
        if let timestamp, let last {
            let step = last.distance(to: timestamp)
            if step > 0, step <= Self.maximumStep {
                self.last = timestamp
                elapsed += step
                lastStepArrival = arrival
                usesArrival = false
                return
            }
            if step < -Self.maximumReordering || step > Self.maximumStep {
                self.last = timestamp
                jumpCount += 1
                elapsed += arrivalStep
                lastStepArrival = arrival
                return
            }
        } else if let timestamp {
            last = timestamp
            lastStepArrival = arrival
            return
        }
        if arrival - lastStepArrival >= Self.patience {
            elapsed += usesArrival ? arrivalStep : arrival - lastStepArrival
            usesArrival = true
        }
    }

    /// The next time stamp is of another stream, or of another clock: it is no step.
    mutating func restart() {
        last = nil
    }
}
