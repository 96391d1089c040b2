import Logging
import TrickleKit

/// Writes segments one after the other. A channel that the relay has closed is made anew, and the segments go on in that.
package struct RenewedOutlet<Outlet: SegmentOutlet>: SegmentOutlet {
    /// Where the segments go now.
    package private(set) var current: Outlet
    private let rule: RenewalRule
    private let logger: Logger
    private let renew: @Sendable () async throws -> Outlet
    private var segmentCount = 0
    /// What was lost before the channel was made anew.
    private var droppedBefore = 0

    /// - Parameters:
    ///   - outlet: To the channel as it is.
    ///   - renew: Makes the channel anew.
    package init(
        _ outlet: Outlet, rule: RenewalRule, logger: Logger, renew: @escaping @Sendable () async throws -> Outlet
    ) {
        current = outlet
        self.rule = rule
        self.logger = logger
        self.renew = renew
    }

    package var sequence: SequenceNumber? { current.sequence }
    package var droppedCount: Int { droppedBefore + current.droppedCount }

    package mutating func begin() async throws {
        do {
            try await current.begin()
        } catch let error as TrickleError where rule.holds(for: error, segmentCount: segmentCount) {
            logger.info("the relay has closed the channel meanwhile: publishes it anew")
            let renewed = try await renew()
            droppedBefore += current.droppedCount
            current = renewed
            try await current.begin()
        }
        segmentCount += 1
    }

    package mutating func write(_ bytes: [UInt8]) async throws { try await current.write(bytes) }
    package mutating func finish() async throws { try await current.finish() }
}

extension RenewedOutlet: AbortableOutlet where Outlet: AbortableOutlet {
    package mutating func abort() { current.abort() }
}

extension RenewedOutlet where Outlet == SegmentSequenceWriter {
    /// Ends the segment. The relay's answer is not waited for.
    mutating func end() { current.end() }
}
