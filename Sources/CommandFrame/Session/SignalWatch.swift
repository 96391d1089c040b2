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

    /// Returns when it watches: until then the signal does what it did before, and is not lost in between.
    package init(_ number: Int32, _ act: @escaping @Sendable () -> Void) {
        source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
        source.setEventHandler(handler: act)
        let watches = DispatchSemaphore(value: 0)
        source.setRegistrationHandler { watches.signal() }
        source.resume()
        watches.wait()
        #if canImport(Darwin)
            // The source sees the signal all the same. On Linux it has a handler.
            signal(number, SIG_IGN)
        #endif
    }

    deinit { source.cancel() }
}
