import ChildProcesses
import Foundation
import Synchronization

/// What other threads want of the proxy's thread, and what they wait for.
final class FaultInbox: Sendable {
    typealias Order = @Sendable (inout FaultLoop) -> Void

    private struct Waiter {
        let isMet: @Sendable (FaultTally) -> Bool
        let continuation: CheckedContinuation<FaultTally, Never>
    }

    private struct State {
        var orders: [Order] = []
        var waiters: [Waiter] = []
        var tally = FaultTally()
        var isClosed = false
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let readEnd: OwnedDescriptor
    private let writeEnd: OwnedDescriptor

    init() throws(SystemError) { (readEnd, writeEnd) = try OwnedDescriptor.pipe() }

    /// Readable while there is something to take.
    var descriptor: Int32 { readEnd.rawValue }
    var tally: FaultTally { state.withLock { $0.tally } }

    // MARK: Other threads

    /// Has an order carried out.
    ///
    /// - Returns: false when it never will be, because the proxy is closed.
    func order(_ order: @escaping Order) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.orders.append(order)
            wake()
            return true
        }
    }

    func close() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.isClosed = true
            wake()
        }
    }

    /// Waits until the tally is as wanted, or the proxy has ended.
    func wait(until isMet: @escaping @Sendable (FaultTally) -> Bool) async -> FaultTally {
        await withCheckedContinuation { continuation in
            let tally: FaultTally? = state.withLock { state in
                if state.hasEnded || isMet(state.tally) { return state.tally }
                state.waiters.append(Waiter(isMet: isMet, continuation: continuation))
                return nil
            }
            if let tally { continuation.resume(returning: tally) }
        }
    }

    /// One byte stands for all that is to be taken.
    private func wake() {
        var byte: UInt8 = 1
        _ = write(writeEnd.rawValue, &byte, 1)
    }

    // MARK: The proxy's thread

    func take() -> (orders: [Order], isClosed: Bool) {
        state.withLock { state in
            var entry = pollfd(fd: readEnd.rawValue, events: Int16(POLLIN), revents: 0)
            if poll(&entry, 1, 0) > 0 {
                var block = [UInt8](repeating: 0, count: 256)
                _ = read(readEnd.rawValue, &block, block.count)
            }
            defer { state.orders = [] }
            return (state.orders, state.isClosed)
        }
    }

    func publish(_ tally: FaultTally) {
        let due = state.withLock { state in
            state.tally = tally
            if state.waiters.isEmpty { return [Waiter]() }
            let due = state.waiters.filter { $0.isMet(tally) }
            state.waiters.removeAll { $0.isMet(tally) }
            return due
        }
        for waiter in due { waiter.continuation.resume(returning: tally) }
    }

    func end(_ tally: FaultTally) {
        let waiters = state.withLock { state in
            state.tally = tally
            state.hasEnded = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: tally) }
    }
}
