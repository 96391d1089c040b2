import CCurl
import CurlShims
import Synchronization

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

    private let multi: Multi
    private let commands = Mutex<[Command]>([])

    /// curl's handle: `curl_multi_wakeup` may be called from any thread, all else is the loop's.
    struct Multi: @unchecked Sendable {
        let handle: UnsafeMutableRawPointer
    }

    private static let maximumIdleConnections = 256

    private init() {
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let handle = curl_multi_init() else {
            fatalError("libcurl cannot be initialised")
        }
        // By default curl keeps four connections for each transfer that runs at the moment, and closes the oldest of the others: those
        // of publishers that wait for their next segment, too.
        curl_shim_multi_setopt_long(handle, CURLMOPT_MAXCONNECTS, Self.maximumIdleConnections)
        multi = Multi(handle: handle)
        let context = Unmanaged.passRetained(self).toOpaque()
        let error = curl_shim_start_thread(
            { context in
                Unmanaged<CurlLoop>.fromOpaque(context!).takeRetainedValue().run()
            }, context)
        guard error == 0 else { fatalError("the thread for libcurl cannot be started: error \(error)") }
    }

    func submit(_ command: Command) {
        let wasEmpty = commands.withLock { commands in
            commands.append(command)
            return commands.count == 1
        }
        if wasEmpty { curl_multi_wakeup(multi.handle) }
    }

    /// Calls `body` on the loop's thread. It must not block.
    func schedule(after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        submit(.schedule(at: .now + delay, body))
    }

    private func run() {
        let turns = CurlLoopTurns(multi: multi.handle)
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
