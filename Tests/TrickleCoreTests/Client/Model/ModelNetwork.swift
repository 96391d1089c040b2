import TrickleTesting

@testable import TrickleCore

/// A relay's store and an unreliable way to it, in one turn after the other: what the clients' machines are tried against.
struct ModelNetwork {
    var relay: RelayScenario
    var random: SeededNumbers
    /// Whether connections break, and the relay forgets.
    var isFaulty = true
    let forgets: Bool
    private(set) var incarnation = 0
    private let limits: RelayLimits

    init(seed: UInt64, limits: RelayLimits, forgets: Bool) {
        relay = RelayScenario(limits: limits)
        random = SeededNumbers(seed: seed)
        self.limits = limits
        self.forgets = forgets
    }

    var jitter: Double { 0.5 }
    var now: Duration { relay.now }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    mutating func breaks(_ percent: Int) -> Bool { isFaulty && chance(percent) }

    /// Time goes on, and sometimes the relay loses all it knew.
    mutating func turn() {
        relay.now += .milliseconds(Int.random(in: 0...200, using: &random))
        relay.store.sweep(now: relay.now)
        if forgets, breaks(1), chance(30) {
            let now = relay.now
            relay = RelayScenario(limits: limits)
            relay.now = now
            incarnation += 1
        }
    }

    /// The tag of a segment.
    func tag(_ segment: SegmentID) -> String { "\"\(incarnation)-\(segment)\"" }

    static func head(_ refusal: RelayRefusal) -> AnswerHead {
        var head: AnswerHead
        switch refusal {
        case .channelNotFound: head = AnswerHead(status: 404)
        case .segmentNotFound(_, let next):
            head = AnswerHead(status: StatusCode.segmentNotFound)
            head.latest = next
        case .ownedByAnother(let time):
            head = AnswerHead(status: 409)
            head.ownedFor = time
        case .offsetMismatch(let size):
            head = AnswerHead(status: 409)
            head.size = size
        default: head = AnswerHead(status: 503)
        }
        head.features = [.resume, .range, .size, .head, .wait]
        return head
    }

    static func head(status: Int = 200) -> AnswerHead {
        var head = AnswerHead(status: status)
        head.features = [.resume, .range, .size, .head, .wait]
        return head
    }
}
