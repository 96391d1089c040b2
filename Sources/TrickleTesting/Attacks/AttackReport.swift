import Foundation

/// What an attack came to.
public struct AttackReport: Sendable {
    public let attack: Attack
    /// What the relay took; nil where the system does not tell.
    public let size: ResidentSize?
    let tally: AttackTally
    let bystander: BystanderReport
    /// What the relay did that it must not.
    private let relayProblems: [String]

    init(attack: Attack, size: ResidentSize?, tally: AttackTally, bystander: BystanderReport, problems: [String]) {
        self.attack = attack
        self.size = size
        self.tally = tally
        self.bystander = bystander
        relayProblems = problems
    }

    /// The most that the relay may take.
    public var bound: Int? {
        size.map { size in
            let connectionCount = tally.connections + Bystander.readerCount + 1
            return size.idle + Attack.memoryByteCount * 5 / 4 + Attack.connectionByteCount * connectionCount
                + Attack.stalledReaderByteCount * attack.stallingReaders
        }
    }

    /// Delay of a write at the bystander's readers.
    public func delay(_ fraction: Double) -> Duration? { bystander.quantile(fraction) }

    /// What the delay should be: it depends on the machine, so that it alone is no problem.
    public var isDelayed: Bool { delay(0.99).map { $0 > .milliseconds(20) } ?? false }

    /// What the attacker was answered.
    public var answers: String { tally.summary }

    /// How long each request that does not end stayed, in a line.
    public var stays: [String] {
        tally.stays.map { "\($0.name): \($0.time.map(Self.milliseconds) ?? "it stays")" }
    }

    /// What must not be; nothing when all is well.
    public var problems: [String] {
        var problems = relayProblems + bystander.problems
        if let size, let bound, size.peak > bound {
            problems.append("the relay took \(size.peak >> 20) MiB; it may take \(bound >> 20)")
        }
        for stay in tally.stays where stay.time.map({ $0 > stay.limit }) ?? true {
            problems.append("\(stay.name) has neither an error nor an end within \(stay.limit)")
        }
        if tally.connections == 0 { problems.append("the attacker could not connect, so that nothing was shown") }
        return problems
    }

    static func milliseconds(_ duration: Duration) -> String {
        String(format: "%.1f ms", duration / .milliseconds(1))
    }
}
