import Dispatch

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Calls a function whenever the process gets a signal, which does nothing else then.
package final class SignalWatch {
    private let source: any DispatchSourceSignal

    package init(_ number: Int32, _ act: @escaping @Sendable () -> Void) {
        // The source sees the signal all the same.
        signal(number, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
        source.setEventHandler(handler: act)
        source.resume()
    }

    deinit { source.cancel() }
}
