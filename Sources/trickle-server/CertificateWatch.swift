import CommandFrame
import TLSListening

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Has a certificate read again on SIGHUP, and when its files change.
struct CertificateWatch {
    private let signal: SignalWatch
    private let task: Task<Void, Never>

    init(_ certificates: TLSCertificates) {
        signal = SignalWatch(SIGHUP) { certificates.reload() }
        task = Task { await certificates.watch() }
    }

    func end() {
        withExtendedLifetime(signal) { task.cancel() }
    }
}
