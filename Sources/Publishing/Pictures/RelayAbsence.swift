import TrickleKit

/// Says once that a relay is away, and once that it is there again. A connection that broke, and is replaced at once, is nothing to speak of.
struct RelayAbsence {
    private enum Phase {
        case unknown, answering, broken, away
    }

    private let relay: RelayURL
    private var phase = Phase.unknown

    init(of relay: RelayURL) { self.relay = relay }

    /// An attempt has failed, and another follows.
    ///
    /// - Returns: What is to be said.
    mutating func failed(_ error: TrickleError) -> String? {
        switch phase {
        case .away: return nil
        case .answering where error.code == .connectionLost:
            phase = .broken
            return nil
        case .unknown, .answering, .broken:
            phase = .away
            return "\(error.message); tries again until it answers"
        }
    }

    /// It has answered.
    mutating func answered() -> String? {
        defer { phase = .answering }
        return phase == .away ? "the relay at \(relay) answers" : nil
    }
}
