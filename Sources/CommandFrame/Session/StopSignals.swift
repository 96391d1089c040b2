import Endings

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Turns signals into a request to stop; the second one ends the process at once.
final class StopSignals {
    private let watches: [SignalWatch]

    /// - Parameter signals: SIGINT, SIGTERM and the like.
    init(_ signals: [Int32], _ request: StopRequest, console: Console) {
        watches = signals.map { number in
            SignalWatch(number) {
                console.stopWaiting()
                if request.make(signal: number) { return }
                console.endProgressAtOnce()
                // Guards see to the children.
                _exit(128 + number)
            }
        }
    }
}
