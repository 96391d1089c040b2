import Dispatch

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Turns SIGINT, SIGTERM and SIGHUP into a request to stop; the second one ends the process at once.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ request: StopRequest, console: Console) {
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            // The source sees the signal all the same.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler {
                if request.make(signal: number) { return }
                console.endProgress()
                // Guards see to the children.
                _exit(128 + number)
            }
            source.resume()
            return source
        }
    }
}
