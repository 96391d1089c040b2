import CCurl
import CurlShims
import Synchronization
import TrickleCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The one thread of this process that talks to relays: it runs all transfers on one `curl_multi`.
final class CurlLoop: Sendable {
    static let shared = CurlLoop()

    enum Command: Sendable {
        case start(Transfer)
        case cancel(Transfer)
        case resumeUpload(Transfer)
        case resumeDownload(Transfer)
        case schedule(at: Duration, @Sendable () -> Void)
    }

    /// nil where the system refuses it; then ``refusal`` says why.
    private let multi: Multi?
    /// What every transfer fails with, because the loop does not run.
    private let refusal = Mutex<TransferFailure?>(nil)
    private let commands = Mutex<[Command]>([])

    /// curl's handles: `curl_multi_wakeup` may be called from any thread, all else is the loop's.
    struct Multi: @unchecked Sendable {
        let handle: UnsafeMutableRawPointer
        let sockets: OpaquePointer
    }

    private static let maximumIdleConnections = 256

    private init() {
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let handle = curl_multi_init(),
            let sockets = curl_shim_sockets_create()
        else {
            multi = nil
            refusal.withLock { $0 = .refusedBySystem("the descriptors or the memory that libcurl needs") }
            return
        }
        // By default curl keeps four connections for each transfer that runs at the moment, and closes the oldest of the others: those
        // of publishers that wait for their next segment, too.
        curl_shim_multi_setopt_long(handle, CURLMOPT_MAXCONNECTS, Self.maximumIdleConnections)
        multi = Multi(handle: handle, sockets: sockets)
        let context = Unmanaged.passRetained(self)
        let error = curl_shim_start_thread(
            { context in
                Unmanaged<CurlLoop>.fromOpaque(context!).takeRetainedValue().run()
            }, context.toOpaque())
        if error != 0 {
            context.release()
            refusal.withLock { $0 = .refusedBySystem("a thread: \(String(cString: strerror(error)))") }
        }
    }

    func submit(_ command: Command) {
        guard let multi, refusal.withLock({ $0 == nil }) else { return refuse(command) }
        let wasEmpty = commands.withLock { commands in
            commands.append(command)
            return commands.count == 1
        }
        if wasEmpty { curl_multi_wakeup(multi.handle) }
    }

    /// Fails what is to start. Not at once: whoever submits may hold a lock.
    private func refuse(_ command: Command) {
        switch command {
        case .start(let transfer):
            guard let refusal = refusal.withLock({ $0 }) else { return }
            Task { transfer.ended(.failed(refusal)) }
        case .schedule(let time, let body):
            Task {
                try await Task.sleep(for: time - .now)
                body()
            }
        case .cancel, .resumeUpload, .resumeDownload: break
        }
    }

    /// Calls `body` on the loop's thread. It must not block.
    func schedule(after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        submit(.schedule(at: .now + delay, body))
    }

    private func run() {
        guard let multi else { return }
        let turns = CurlLoopTurns(multi)
        while true {
            let commands = commands.withLock { commands in
                defer { commands = [] }
                return commands
            }
            turns.turn(commands)
        }
    }
}

extension Duration {
    private static let origin = ContinuousClock.now

    /// A time that never runs backwards, for the state machines.
    static var now: Duration { origin.duration(to: .now) }

    /// Rounded up, for curl and poll.
    var wholeMilliseconds: Int {
        Int(components.seconds) * 1000 + Int((components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

extension TransferFailure {
    /// The limits of this process, or the machine's memory, leave no room: trying again does not help.
    static func refusedBySystem(_ what: String) -> TransferFailure {
        TransferFailure(
            kind: .permanent,
            error: TrickleError(
                .relayUnreachable, "no relay can be reached: the system does not give this process \(what)"))
    }
}
