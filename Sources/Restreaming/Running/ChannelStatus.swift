import CommandFrame

/// What a channel is doing, for whoever asks.
package struct ChannelStatus: Sendable {
    package enum Phase: Equatable, Sendable {
        /// The place of the source, from 0.
        case opening(Int)
        case publishing(Int)
        /// Nothing is open until the next attempt.
        case waiting
    }

    package internal(set) var phase = Phase.waiting
    /// Since when.
    package internal(set) var since = ContinuousClock.now
    /// Why the source before has ended.
    package internal(set) var reason: String?
    package internal(set) var segmentCount = 0
    package internal(set) var byteCount = 0
    /// How often a source was opened.
    package internal(set) var openingCount = 0

    mutating func enter(_ phase: Phase) {
        self.phase = phase
        since = .now
    }

    /// One line.
    func text(of plan: ChannelPlan, now: ContinuousClock.Instant) -> String {
        let seconds = Int((now - since) / .seconds(1))
        let name = { (index: Int) in "source \(index + 1) of \(plan.sources.count), \(plan.sources[index])" }
        let state =
            switch phase {
            case .opening(let index): "opens \(name(index))"
            case .publishing(let index): "is on \(name(index))"
            case .waiting: "waits to try its sources again"
            }
        let last = reason.map { "; before that: \($0)" } ?? ""
        return "\(state), for \(seconds) s; \(segmentCount) segments, \(TransferMeter.bytes(byteCount)) in all\(last)"
    }
}
