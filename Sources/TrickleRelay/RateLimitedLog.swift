import Logging
import NIOConcurrencyHelpers
import NIOCore

/// Counts what happens often, and tells the log of it at intervals.
package final class RateLimitedLog: Sendable {
    private struct State {
        var count = 0
        var untoldCount = 0
        var lastTold: NIODeadline?
    }

    /// From one line to the next, at least.
    package static let interval = TimeAmount.seconds(10)

    let logger: Logger
    private let level: Logger.Level
    private let state = NIOLockedValueBox(State())

    package init(_ logger: Logger, level: Logger.Level) {
        self.logger = logger
        self.level = level
    }

    /// How often it has happened.
    package var count: Int { state.withLockedValue { $0.count } }

    /// It has happened.
    ///
    /// - Parameter message: what the log is told, with how often it was not.
    package func happened(now: NIODeadline = .now(), _ message: () -> String) {
        let untold: Int? = state.withLockedValue { state in
            state.count += 1
            if let lastTold = state.lastTold, lastTold + Self.interval > now {
                state.untoldCount += 1
                return nil
            }
            defer { state.untoldCount = 0 }
            state.lastTold = now
            return state.untoldCount
        }
        guard let untold else { return }
        let more = untold > 0 ? " (\(untold) more since the last line)" : ""
        logger.log(level: level, "\(message())\(more)")
    }
}
