/// Gathers the smallest, the average and the largest of some values.
struct SpreadMeter {
    private var minimum = Double.infinity
    private var maximum = -Double.infinity
    private var sum = 0.0
    private var count = 0

    mutating func add(_ value: Double) {
        minimum = min(minimum, value)
        maximum = max(maximum, value)
        sum += value
        count += 1
    }

    /// nil without values.
    var spread: StreamAnalysis.Spread? {
        guard count > 0 else { return nil }
        return StreamAnalysis.Spread(minimum: minimum, average: sum / Double(count), maximum: maximum)
    }
}
