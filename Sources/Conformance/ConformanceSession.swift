import Foundation
import Synchronization

/// What one case works with: names of its own, connections that are closed behind it, channels that are deleted.
final class ConformanceSession {
    let rule: String
    let target: ConformanceTarget
    let settings: ConformanceSettings
    /// What the connections go through; nil where they go to the relay.
    private let tunnel: ConformanceTunnel?
    private var connections: [RawConnection] = []
    private var names: [String] = []
    private var others: [(session: ConformanceSession, relay: RelayOnRequest)] = []

    init(
        rule: String, target: ConformanceTarget, settings: ConformanceSettings, through tunnel: ConformanceTunnel?
    ) {
        self.tunnel = tunnel
        self.rule = rule
        self.target = target
        self.settings = settings
    }

    /// Closes all connections and deletes the channels whose names were given out.
    func close() {
        for (session, relay) in others {
            session.closeConnections()
            session.tunnel?.close()
            try? Self.wait { await relay.end() }
        }
        closeConnections()
        for name in names {
            // What the case did not create is not there: nobody minds the answer.
            _ = try? answer("DELETE", "/\(name)")
        }
        closeConnections()
    }

    private func closeConnections() {
        for connection in connections { connection.close() }
        connections = []
    }

    /// The exchanges so far, as they were on the wire.
    func transcript() -> String {
        var lines = others.map { $0.session.transcript() }
        for (index, connection) in connections.enumerated() {
            for entry in connection.transcript {
                let mark = "    \(index + 1)\(entry.isSent ? ">" : "<") "
                let text = entry.text.replacingOccurrences(of: "\r\n", with: "\n")
                for line in text.split(separator: "\n", omittingEmptySubsequences: false) { lines.append(mark + line) }
            }
        }
        return lines.joined(separator: "\n")
    }

    // MARK: Other relays

    /// The same with a relay of its own, which ends with this session.
    ///
    /// - Throws: ``ConformanceSkip`` where none can be started.
    func relay(_ setup: RelaySetup) throws -> ConformanceSession {
        guard let start = settings.startRelay else {
            throw ConformanceSkip(reason: "needs a relay that is set up for it: --server")
        }
        let relay = try Self.wait { try await start(setup) }
        let target = try ConformanceTarget(url: relay.url)
        let tunnel = try Self.wait { [settings] in
            do { return try await ConformanceTunnel.open(to: target, settings: settings) } catch {
                await relay.end()
                throw error
            }
        }
        let session = ConformanceSession(rule: rule, target: target, settings: settings, through: tunnel)
        others.append((session, relay))
        return session
    }

    /// Tells the relays of ``relay(_:)`` to end, and does not wait for it.
    func beginEndOfOtherRelays() {
        for (_, relay) in others { Task { await relay.end() } }
    }

    /// Waits for what is asynchronous. A case has a thread of its own, which may block.
    private static func wait<Value: Sendable>(
        for work: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        let outcome = Outcome<Value>()
        Task.detached { outcome.set(await Result(work)) }
        return try outcome.wait().get()
    }

    // MARK: Names

    /// A name that no other case, run or client has.
    func newName() -> String {
        let name = "conf-\(rule.lowercased())-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        names.append(name)
        return name
    }

    /// A channel that has just been created.
    func channel(_ fields: [String] = []) throws -> ConformanceChannel {
        let channel = ConformanceChannel(session: self, name: newName())
        let answer = try answer("POST", "/\(channel.name)", ["Content-Length: 0"] + fields)
        try expect(answer.status == 200, "the creation of a channel is answered with \(answer.status)")
        return channel
    }

    /// A channel that nobody has created.
    func missingChannel() -> ConformanceChannel { ConformanceChannel(session: self, name: newName()) }

    // MARK: Requests

    func connect(receiveBufferSize: Int? = nil) throws -> RawConnection {
        let connection = try RawConnection(
            to: tunnel?.entrance ?? target, patience: settings.patience, receiveBufferSize: receiveBufferSize)
        connections.append(connection)
        return connection
    }

    /// The two ends of the connection to the relay.
    func ports(of connection: RawConnection) -> (own: UInt16, peer: UInt16)? {
        guard let tunnel else { return connection.ports }
        return connection.ports.flatMap { tunnel.ports(behind: $0.own) }
    }

    /// The head of a request, with `Host` in HTTP/1.1.
    ///
    /// - Parameter path: below the base path.
    func head(_ method: String, _ path: String, _ fields: [String] = [], version: String = "1.1") -> String {
        let host = version == "1.1" ? ["Host: \(target.authority)"] : []
        let lines = ["\(method) \(target.basePath)\(path) HTTP/\(version)"] + host + fields
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// Sends a request without a body on a connection of its own.
    func send(_ method: String, _ path: String, _ fields: [String] = [], version: String = "1.1") throws
        -> RawConnection
    {
        let connection = try connect()
        try connection.send(head(method, path, fields, version: version))
        return connection
    }

    /// For cases that mean the 100 itself.
    ///
    /// - Throws: ``ConformanceSkip`` where none gets through.
    func needsContinue() throws {
        guard settings.getsContinue else { throw ConformanceSkip(reason: "100 Continue does not get through") }
    }

    /// Sends a request on a connection of its own and takes the whole answer.
    func answer(
        _ method: String, _ path: String, _ fields: [String] = [], body: String = "", version: String = "1.1"
    ) throws -> RawResponse {
        let connection = try connect()
        try connection.send(head(method, path, fields, version: version) + body)
        return try connection.receiveResponse(to: method)
    }

    /// Waits for the relay's clock.
    func wait(_ time: Duration) {
        Thread.sleep(forTimeInterval: Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18)
    }

    /// Asks again and again until it is so.
    ///
    /// - Throws: ``ConformanceFailure`` with `message` when that has not come by `time`, or the usual patience.
    func eventually(
        _ message: String, within time: Duration? = nil, _ isSo: () throws -> Bool
    ) throws {
        let deadline = ContinuousClock.now + (time ?? settings.patience)
        while try !isSo() {
            try expect(ContinuousClock.now < deadline, message)
            wait(.milliseconds(20))
        }
    }
}

/// What a task leaves for a thread that waits for it.
private final class Outcome<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    func set(_ value: Result<Value, any Error>) {
        result.withLock { $0 = value }
        isThere.signal()
    }

    func wait() -> Result<Value, any Error> {
        isThere.wait()
        return result.withLock { $0! }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ work: () async throws -> Success) async {
        do { self = .success(try await work()) } catch { self = .failure(error) }
    }
}
