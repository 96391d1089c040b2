import ChildProcesses
import Logging
import MediaChildren
import NIOConcurrencyHelpers
import TrickleRelay

/// Starts the gateway's ffmpegs, and never more at once than may be.
final class GatewayChildren: Sendable {
    /// As many run as may be.
    struct Full: Error {}

    /// More pixels than 8K has (7,680 × 4,320) are no picture: ffmpeg does not decode them.
    static let maximumPixelCount = 36_000_000

    private let program: String
    private let maximumCount: Int
    private let running = NIOLockedValueBox(0)
    private let logger: Logger
    private let refusals: RateLimitedLog

    init(_ configuration: GatewayConfiguration = GatewayConfiguration(), logger: Logger) {
        program = configuration.program
        maximumCount = configuration.maximumChildCount
        self.logger = logger
        refusals = RateLimitedLog(logger, level: .warning)
    }

    /// How many run.
    var count: Int { running.withLockedValue { $0 } }

    /// Starts an ffmpeg.
    ///
    /// - Throws: ``Full``; `MissingProgram` where ffmpeg is not installed; `SystemError`.
    func start(_ arguments: [String], limits: ChildLimits) throws -> PipedChild {
        guard takePlace() else {
            refusals.happened {
                "\(maximumCount) ffmpeg run, which is as many as may be: --max-children sets another limit"
            }
            throw Full()
        }
        // Each thread of a filter has memory of its own.
        let options = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-filter_threads", "1"]
        let child: PipedChild
        do {
            // What it says is for those who debug.
            child = try PipedChild(
                ChildCommand(program, options + arguments, limits: limits), loudest: .debug, logger: logger)
        } catch {
            freePlace()
            if !(error is MissingProgram) { refusals.happened { "no ffmpeg could be started: \(error)" } }
            throw error
        }
        Task {
            _ = await child.process.exitStatus()
            freePlace()
        }
        return child
    }

    private func takePlace() -> Bool {
        running.withLockedValue { running in
            guard running < maximumCount else { return false }
            running += 1
            return true
        }
    }

    private func freePlace() { running.withLockedValue { $0 -= 1 } }
}
