import ChildProcesses
import Logging
import NIOConcurrencyHelpers
import TrickleRelay

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

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
    /// - Throws: ``Full``; `SystemError`, with `ENOENT` where ffmpeg is not installed.
    func start(_ arguments: [String], limits: ChildLimits) throws -> GatewayChild {
        guard takePlace() else {
            refusals.happened {
                "\(maximumCount) ffmpeg run, which is as many as may be: --max-children sets another limit"
            }
            throw Full()
        }
        let child: GatewayChild
        do {
            child = try GatewayChild(program, arguments, limits: limits, logger: logger)
        } catch {
            leave()
            if error.number != ENOENT { refusals.happened { "no ffmpeg could be started: \(error)" } }
            throw error
        }
        Task {
            _ = await child.process.exitStatus()
            leave()
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

    private func leave() { running.withLockedValue { $0 -= 1 } }
}
