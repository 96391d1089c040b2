import ChildProcesses
import Foundation

/// A network that fails when it is told to: TCP in the middle, between clients and a relay on this machine.
///
///     let proxy = try FaultProxy(to: relay.port)
///     await proxy.set(.breaking(each: 1000...1000, .fromRelay))
///     … RelayURL(proxy.url) …
///     await proxy.close()
///
/// It knows nothing of HTTP. One thread carries all connections; what it is told is done when the call returns.
public final class FaultProxy: Sendable {
    public let port: Int
    private let inbox: FaultInbox

    /// - Parameters:
    ///   - relayPort: a port of 127.0.0.1. Nobody needs to listen there yet.
    ///   - seed: what chance is made of; the same seed chooses alike.
    public init(to relayPort: Int, seed: UInt64 = 0) throws {
        let listener = try FaultListener()
        let inbox = try FaultInbox()
        port = listener.port
        self.inbox = inbox
        Thread.detachNewThread {
            var loop = FaultLoop(listener: listener, relayPort: relayPort, inbox: inbox, seed: seed)
            loop.run()
        }
    }

    deinit { inbox.close() }

    /// Its URL, without a slash at the end.
    public var url: String { "http://127.0.0.1:\(port)" }
    public var tally: FaultTally { inbox.tally }

    /// From now on this plan holds, also for the connections that are there; limits hold for new ones only.
    public func set(_ plan: FaultPlan) async { await perform { $0.set(plan) } }

    /// - Returns: how many connections there were to break.
    @discardableResult
    public func breakAll(by breaking: ConnectionBreak) async -> Int {
        await perform { $0.breakAll(by: breaking) } ?? 0
    }

    /// Breaks one connection that chance takes, if there is any.
    public func breakOne(by breaking: ConnectionBreak) async { await perform { $0.breakOne(by: breaking) } }

    /// Sends the newest connection's last request again, on a connection of its own, and drops the answer.
    ///
    /// - Parameter prefix: how the request begins, for example `POST `.
    /// - Returns: whether there is such a request, of at most 1 MiB.
    @discardableResult
    public func repeatLastRequest(beginningWith prefix: String = "") async -> Bool {
        await perform { $0.repeatLastRequest(beginningWith: Array(prefix.utf8)) } ?? false
    }

    /// Waits until it has done what the condition wants, or is closed.
    @discardableResult
    public func wait(until isMet: @escaping @Sendable (FaultTally) -> Bool) async -> FaultTally {
        await inbox.wait(until: isMet)
    }

    /// Closes all connections and frees the port.
    @discardableResult
    public func close() async -> FaultTally {
        inbox.close()
        return await inbox.wait { _ in false }
    }

    /// Runs `body` with a proxy that is closed after it.
    public static func with<Value>(
        to relayPort: Int, seed: UInt64 = 0, _ body: (FaultProxy) async throws -> Value
    ) async throws -> Value {
        let proxy = try FaultProxy(to: relayPort, seed: seed)
        do {
            let value = try await body(proxy)
            await proxy.close()
            return value
        } catch {
            await proxy.close()
            throw error
        }
    }

    /// - Returns: nil when the proxy was closed before.
    @discardableResult
    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (inout FaultLoop) -> Value
    ) async -> Value? {
        await withCheckedContinuation { continuation in
            let isTaken = inbox.order { loop in continuation.resume(returning: body(&loop)) }
            if !isTaken { continuation.resume(returning: nil) }
        }
    }
}
