import ChildProcesses
import Logging
import MPEGTS
import MediaChildren
import Synchronization

/// The sources before the one that is on, which are looked at now and then: one that is back gets its turn again.
package struct PreferredSources: Sendable {
    /// Of a source that is looked at so much is read at most: 64 KiB.
    static let maximumLookByteCount = 64 << 10

    private let sources: [(index: Int, plan: SourcePlan)]
    private let interval: Duration
    private let limit: Duration
    private let children: ChildBudget?
    private let logger: Logger

    /// - Parameters:
    ///   - sources: Those before the one that is on.
    ///   - interval: How often they are looked at.
    ///   - limit: How long one may take to open, and to bring packets.
    ///   - children: As for ``SourcePlan/open(within:children:logger:)``.
    /// - Returns: nil where there is nothing to look at.
    package init?(
        among sources: some Sequence<SourcePlan>, every interval: Duration, within limit: Duration,
        children: ChildBudget? = nil, logger: Logger
    ) {
        // A file is there always.
        self.sources = sources.enumerated().filter { !$0.element.isFile }.map { ($0.offset, $0.element) }
        if self.sources.isEmpty { return nil }
        self.interval = interval
        self.limit = limit
        self.children = children
        self.logger = logger
    }

    /// Waits until one of them is there.
    ///
    /// - Returns: Its place, and itself, open, with the packets that have come.
    /// - Throws: `CancellationError`.
    package func next() async throws -> (index: Int, input: any SourceInput) {
        while true {
            try await Task.sleep(for: interval)
            for (index, plan) in sources {
                if let input = try await look(at: plan) { return (index, input) }
            }
        }
    }

    private func look(at plan: SourcePlan) async throws -> (any SourceInput)? {
        let input: any SourceInput
        do {
            input = try await plan.open(within: limit, children: children, logger: logger)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.debug("is not back: \(error)")
            return nil
        }
        let timer = Task {
            try await Task.sleep(for: limit)
            input.requestEnd()
        }
        defer { timer.cancel() }
        let bytes = await withTaskCancellationHandler {
            await packets(of: input)
        } onCancel: {
            input.requestEnd()
        }
        if let bytes, !Task.isCancelled { return OpenedInput(input, after: bytes) }
        _ = await input.close()
        try Task.checkCancellation()
        return nil
    }

    /// - Returns: The first bytes; nil where there are no packets in them.
    private func packets(of input: any SourceInput) async -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < Self.maximumLookByteCount, case .bytes(let more) = try? await input.next() {
            bytes += more
            if TransportPacket.areFound(in: bytes) { return bytes }
        }
        return nil
    }
}

/// A source of which something was read already.
private final class OpenedInput: SourceInput {
    private let input: any SourceInput
    private let first: Mutex<[UInt8]?>

    init(_ input: any SourceInput, after bytes: [UInt8]) {
        self.input = input
        first = Mutex(bytes)
    }

    var canWait: Bool { input.canWait }
    var isPaced: Bool { input.isPaced }
    var isStored: Bool { input.isStored }
    var isPassive: Bool { input.isPassive }

    func next() async throws -> SourceEvent? {
        if let bytes = first.withLock({ $0.take() }) { return .bytes(bytes) }
        return try await input.next()
    }

    func requestEnd() { input.requestEnd() }
    func close() async -> SourceEnding { await input.close() }
}
