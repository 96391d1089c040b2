import CommandFrame
import ConfigurationReading
import Endings
import Logging
import MediaChildren
import Publishing
import TrickleKit

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Keeps the channels of a configuration going.
///
/// SIGHUP reads it again: channels that it says the same of are not touched. SIGUSR1 tells in the log what each channel is doing.
public actor RestreamService {
    private struct Running {
        let restream: ChannelRestream
        let task: Task<Void, Never>
    }

    private enum Command {
        case reload, tellStatus, stop
    }

    private let file: String
    private let destination: any ChannelDestination
    /// Whether channels end with this program.
    private let closesAtEnd: Bool
    private let children: ChildBudget?
    private let session: ToolSession
    private let read: @Sendable () throws -> RestreamConfiguration
    private let commands: AsyncStream<Command>
    private let orders: AsyncStream<Command>.Continuation
    private let signals: [SignalWatch]
    private var running: [ChannelName: Running] = [:]

    /// From here on no signal is lost: what comes before ``run(_:)`` has its turn there.
    ///
    /// - Parameters:
    ///   - file: The configuration.
    ///   - destination: Where its channels are published.
    ///   - children: What the children of all sources take their places from; nil where any number may run.
    ///   - closesAtEnd: Whether they end for their readers when a stop is asked for.
    ///   - read: Reads the file, and logs each mistake in it; nil for nothing but that.
    package init(
        file: String, destination: any ChannelDestination, children: ChildBudget? = nil, closesAtEnd: Bool,
        session: ToolSession,
        read: (@Sendable () throws -> RestreamConfiguration)? = nil
    ) {
        self.file = file
        self.destination = destination
        self.children = children
        self.closesAtEnd = closesAtEnd
        self.session = session
        self.read = read ?? { try Self.read(file) { session.logger.error("\($0)") } }
        let (commands, orders) = AsyncStream<Command>.makeStream()
        (self.commands, self.orders) = (commands, orders)
        signals = [
            SignalWatch(SIGHUP) { orders.yield(.reload) }, SignalWatch(SIGUSR1) { orders.yield(.tellStatus) },
        ]
    }

    /// Runs until a stop is asked for.
    ///
    /// - Parameter known: What the file says, where it has been read; nil reads it.
    /// - Throws: ``ToolFailure`` when the configuration makes no sense; what is wrong with it was logged.
    public func run(_ known: RestreamConfiguration? = nil) async throws {
        let configuration = try known ?? read()
        session.stop.whenMade { [orders] in orders.yield(.stop) }
        await apply(configuration)
        commands: for await command in commands {
            switch command {
            case .reload: await reload()
            case .tellStatus: tellStatus()
            case .stop: break commands
            }
        }
        await end(Array(running.keys), closing: closesAtEnd ? Set(running.keys) : [])
    }

    /// Reads a configuration, and tells each mistake in it.
    ///
    /// - Parameters:
    ///   - optionMistake: What is wrong with an option in the section `relay`; nil where it is right.
    ///   - readAccess: Reads the section `access`; nil passes it over.
    /// - Throws: ``ToolFailure``.
    public static func read(
        _ file: String, optionMistake: @escaping (ConfiguredOption) -> String? = { _ in nil },
        readAccess: AccessReading? = nil, tell: (ConfigurationMistake) -> Void
    ) throws -> RestreamConfiguration {
        do {
            return try RestreamConfiguration(file: file, optionMistake: optionMistake, readAccess: readAccess)
        } catch let error as ConfigurationMistakes {
            error.mistakes.forEach(tell)
            let count = error.mistakes.count
            throw ToolFailure("\(file) has \(count == 1 ? "a mistake" : "\(count) mistakes"): see above")
        }
    }

    /// Makes what runs the same as what the configuration says.
    private func apply(_ configuration: RestreamConfiguration) async {
        let wanted = Dictionary(configuration.channels.map { ($0.name, $0) }) { first, _ in first }
        let gone = running.keys.filter { wanted[$0] == nil }
        let changed = running.keys.filter { wanted[$0] != nil && wanted[$0] != running[$0]?.restream.plan }
        let stayingCount = running.count - gone.count - changed.count
        // What is gone and what has changed may have held what others want now: a port, a pipe.
        let before = running
        await end(gone + changed, closing: Set(gone))
        for plan in configuration.channels where running[plan.name] == nil {
            start(plan, after: before[plan.name]?.restream)
        }
        if before.isEmpty, running.isEmpty { return }
        let begunCount = running.count - stayingCount - changed.count
        session.logger.info(
            "\(file): of the channels \(begunCount) begin, \(changed.count) change, \(gone.count) end, \(stayingCount) stay as they are"
        )
    }

    private func reload() async {
        do {
            await apply(try read())
        } catch {
            session.logger.error("\(ToolFailure(error).message); all goes on as it was")
        }
    }

    private func start(_ plan: ChannelPlan, after before: ChannelRestream?) {
        let channelSession = session.with(stop: StopRequest(), logger: session.logger(for: plan.name))
        let restream = ChannelRestream(plan, to: destination, after: before, children: children, channelSession)
        running[plan.name] = Running(restream: restream, task: Task { await restream.run() })
    }

    /// Ends channels, all at once, and waits for that.
    ///
    /// - Parameter closing: Those whose readers are told that this was all.
    private func end(_ names: [ChannelName], closing: Set<ChannelName>) async {
        let ending = names.compactMap { running.removeValue(forKey: $0) }
        for running in ending { running.restream.requestEnd(closes: closing.contains(running.restream.plan.name)) }
        for running in ending { await running.task.value }
    }

    private func tellStatus() {
        for running in running.values.sorted(by: { $0.restream.plan.name < $1.restream.plan.name }) {
            let restream = running.restream
            session.logger(for: restream.plan.name).notice("\(restream.status.text(of: restream.plan, now: .now))")
        }
    }
}
