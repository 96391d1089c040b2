import ChildProcesses
import Logging
import MediaChildren
import TrickleRelay

/// Starts the gateway's ffmpegs, each in a place of the relay's budget.
final class GatewayChildren: Sendable {
    private let program: String
    private let budget: ChildBudget
    private let logger: Logger
    private let refusals: RateLimitedLog

    /// - Parameter budget: Where places are taken from; nil for one of its own.
    init(
        _ configuration: GatewayConfiguration = GatewayConfiguration(), budget: ChildBudget? = nil, logger: Logger
    ) {
        program = configuration.program
        self.budget = budget ?? configuration.childBudget()
        self.logger = logger
        refusals = RateLimitedLog(logger, level: .warning)
    }

    var counts: [ChildCount] { budget.counts }

    /// Takes a place that is free now.
    ///
    /// - Throws: ``ChildRefusal``.
    func permitNow(for purpose: ChildPurpose) throws(ChildRefusal) -> ChildPermit {
        do { return try budget.permitNow(for: purpose) } catch {
            refusals.happened { "\(error)" }
            throw error
        }
    }

    /// Waits for a place.
    ///
    /// - Throws: ``ChildRefusal``; `CancellationError`.
    func permit(for purpose: ChildPurpose, within limit: Duration) async throws -> ChildPermit {
        do { return try await budget.permit(for: purpose, within: limit) } catch let refusal as ChildRefusal {
            refusals.happened { "\(refusal)" }
            throw refusal
        }
    }

    /// Starts an ffmpeg, which gives its place back at its end.
    ///
    /// - Throws: `MissingProgram` where ffmpeg is not installed; `SystemError`.
    func start(_ arguments: [String], limits: ChildLimits, _ permit: ChildPermit) throws -> PipedChild {
        // Each thread of a filter has memory of its own.
        let options = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+error", "-filter_threads", "1"]
        do {
            // What it says is for those who debug.
            return try PipedChild(
                ChildCommand(program, options + arguments, limits: limits), permit: permit, loudest: .debug,
                logger: logger)
        } catch {
            if !(error is MissingProgram) { refusals.happened { "no ffmpeg could be started: \(error)" } }
            throw error
        }
    }
}
