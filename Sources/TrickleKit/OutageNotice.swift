import Logging
import Synchronization
import TrickleCore

/// Says once that a relay which has answered does so no longer, and once that it does again: whoever waits for it wants to know why.
///
/// A connection that breaks, and is replaced at once, is nothing to speak of.
final class OutageNotice: Sendable {
    private enum Phase: Equatable {
        /// It has never answered.
        case unknown
        /// So many attempts have failed since its last answer.
        case answering(failures: Int)
        /// That it does not answer has been said.
        case away
    }

    private let phase = Mutex(Phase.unknown)
    private let relay: RelayURL
    private let logger: Logger

    init(relay: RelayURL, logger: Logger) {
        self.relay = relay
        self.logger = logger
    }

    /// An attempt has failed, and another follows.
    func failed(_ error: TrickleError) {
        let isNews = phase.withLock { phase in
            guard case .answering(let failures) = phase else { return false }
            let isAway = error.code == .relayUnreachable || failures > 0
            phase = isAway ? .away : .answering(failures: failures + 1)
            return isAway
        }
        if isNews { logger.warning("the relay at \(relay) does not answer any more: tries again") }
    }

    /// It has answered, whatever it said.
    func answered() {
        let wasAway = phase.withLock { phase in
            defer { phase = .answering(failures: 0) }
            return phase == .away
        }
        if wasAway { logger.notice("the relay at \(relay) answers again") }
    }
}
