import TrickleTesting

/// One way in which things go wrong, and what has to come through all the same.
public struct FaultScenario: Sendable {
    /// How long it takes.
    public enum Scale: Sendable {
        /// Some seconds, for the tests.
        case short
        /// As long as it takes to be sure.
        case long
    }

    /// A sentence about what happens.
    public let name: String
    /// Whether everything has to arrive. Otherwise it is enough that whoever misses something knows it.
    public let isLossless: Bool
    let body: @Sendable (Scale) async throws -> (balance: Balance, faults: Int)

    init(
        _ name: String, isLossless: Bool = true,
        _ body: @escaping @Sendable (Scale) async throws -> (balance: Balance, faults: Int)
    ) {
        self.name = name
        self.isLossless = isLossless
        self.body = body
    }

    public func run(_ scale: Scale) async -> FaultReport {
        let start = ContinuousClock.now
        do {
            let (balance, faults) = try await body(scale)
            return FaultReport(scenario: self, balance: balance, faults: faults, duration: .now - start)
        } catch {
            let balance = Balance(problems: ["it could not be run: \(error)"])
            return FaultReport(scenario: self, balance: balance, faults: 0, duration: .now - start)
        }
    }

    /// All of them, the quick ones first.
    public static let all =
        breakingLinks + [slowLink, stalledLink, halfOpenLinks, refusedConnections, repeatedRequests, crowd]
        + relayRestarts + stoppedRelay + stoppedTools
}

/// What a scenario came to.
public struct FaultReport: Sendable {
    public let scenario: FaultScenario
    public let balance: Balance
    /// How often something was broken.
    public let faults: Int
    public let duration: Duration

    /// What must not be; nothing when all is well.
    public var problems: [String] {
        var problems = balance.problems
        if faults == 0 { problems.append("nothing was broken, so that nothing was shown") }
        if balance.segments == 0 { problems.append("nothing was published") }
        return problems
    }

    /// What was lost, and told, though nothing had to be lost.
    public var losses: [String] {
        guard scenario.isLossless, !balance.isComplete else { return [] }
        return [
            "\(balance.reported) of \(balance.segments) segments were reported as missing, \(balance.failed) failed at the publisher"
        ] + balance.reasons.prefix(5)
    }
}
