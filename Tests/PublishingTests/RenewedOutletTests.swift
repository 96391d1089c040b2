import Logging
import Synchronization
import Testing
import TrickleKit

@testable import Publishing

/// When a channel that the relay has closed is made anew, and what becomes of the segments.
@Suite struct RenewedOutletTests {
    /// A channel that is closed once it has had so many segments.
    private struct ClosingOutlet: SegmentOutlet {
        var segmentsLeft: Int
        var code = TrickleError.Code.channelClosed
        var droppedCount = 0
        var sequence: SequenceNumber? { nil }
        let written: Written

        mutating func begin() throws {
            if segmentsLeft == 0 { throw TrickleError(code, "the channel is closed") }
            segmentsLeft -= 1
        }

        func write(_ bytes: [UInt8]) { written.add(bytes) }
        func finish() {}
    }

    private let written = Written()

    private func outlet(
        _ rule: RenewalRule, segmentsLeft: Int, code: TrickleError.Code = .channelClosed, dropped: Int = 0
    ) -> RenewedOutlet<ClosingOutlet> {
        RenewedOutlet(
            ClosingOutlet(segmentsLeft: segmentsLeft, code: code, droppedCount: dropped, written: written), rule: rule,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { [written] in ClosingOutlet(segmentsLeft: 10, droppedCount: 1, written: written) }
    }

    @Test(arguments: [
        (RenewalRule.never, 0, false), (.never, 1, false), (.always, 0, true), (.always, 1, true),
        (.beforeFirstSegment, 0, true), (.beforeFirstSegment, 1, false), (.afterFirstSegment, 0, false),
        (.afterFirstSegment, 1, true),
    ])
    func `the rule says at which segment a closed channel is made anew`(
        rule: RenewalRule, segmentsBefore: Int, isRenewed: Bool
    ) async throws {
        var outlet = outlet(rule, segmentsLeft: segmentsBefore)
        for number in 0..<segmentsBefore {
            try await outlet.begin()
            try await outlet.write([UInt8(number)])
        }
        if isRenewed {
            try await outlet.begin()
            try await outlet.write([99])
            #expect(written.all == (0..<segmentsBefore).map { [UInt8($0)] } + [[99]])
        } else {
            let error = await #expect(throws: TrickleError.self) { try await outlet.begin() }
            #expect(error?.code == .channelClosed)
        }
    }

    @Test(arguments: [(RenewalRule.always, true), (.beforeFirstSegment, false)])
    func `a channel that was never there is made where it is always to be there`(
        rule: RenewalRule, isRenewed: Bool
    ) async throws {
        var outlet = outlet(rule, segmentsLeft: 0, code: .channelNotFound)
        do {
            try await outlet.begin()
            #expect(isRenewed)
        } catch let error as TrickleError {
            #expect(!isRenewed && error.code == .channelNotFound)
        }
    }

    @Test func `another trouble of the relay is none of a closed channel`() async throws {
        var outlet = outlet(.always, segmentsLeft: 0, code: .relayBusy)
        let error = await #expect(throws: TrickleError.self) { try await outlet.begin() }
        #expect(error?.code == .relayBusy)
    }

    @Test func `what was lost before counts, too`() async throws {
        var outlet = outlet(.always, segmentsLeft: 0, dropped: 2)
        #expect(outlet.droppedCount == 2)
        try await outlet.begin()
        #expect(outlet.droppedCount == 3)
    }
}

/// What several copies of an outlet have written.
private final class Written: Sendable {
    private let list = Mutex<[[UInt8]]>([])

    var all: [[UInt8]] { list.withLock { $0 } }
    func add(_ bytes: [UInt8]) { list.withLock { $0.append(bytes) } }
}
