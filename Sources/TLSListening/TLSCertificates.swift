import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOSSL

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The certificate that a listener shows, and its key: read again when the files change, without a connection lost.
///
///     let certificates = try TLSCertificates(certificate: "fullchain.pem", key: "privkey.pem", logger: logger)
///     configuration.secure = SecureListener(host: nil, port: 443) { certificates.makeHandler() }
public final class TLSCertificates: Sendable {
    private struct State {
        var identity: TLSIdentity
        var files: [FileText]
        /// What was wrong with the files when they were looked at last; nil where nothing was.
        var problem: TLSProblem?
        var notice: ExpiryNotice
    }

    /// The certificate's file.
    public let path: String
    private let keyPath: String
    private let logger: Logger
    private let now: @Sendable () -> Date
    private let state: NIOLockedValueBox<State>
    /// Held by whoever looks at the files: what was read later is not replaced by what was read before.
    private let looking = NIOLock()

    /// How often the files are looked at.
    public static let interval = Duration.seconds(10)

    /// - Throws: ``TLSProblem`` for files that cannot be used.
    public init(
        certificate: String, key: String, logger: Logger, now: @escaping @Sendable () -> Date = { Date() }
    ) throws(TLSProblem) {
        path = certificate
        keyPath = key
        self.logger = logger
        self.now = now
        let files = [try FileText(certificate), try FileText(key)]
        let identity = try TLSIdentity(certificates: files[0], key: files[1], now: now())
        state = NIOLockedValueBox(State(identity: identity, files: files, notice: ExpiryNotice()))
    }

    /// The end of the certificate's validity.
    public var expiry: Date { state.withLockedValue { $0.identity.expiry } }
    /// The names for which it is.
    public var names: [String] { state.withLockedValue { $0.identity.names } }

    /// Makes a connection's handler of TLS.
    public func makeHandler() -> any ChannelHandler {
        NIOSSLServerHandler(context: state.withLockedValue { $0.identity.context })
    }

    /// Looks at the files, and takes what is new. What is wrong is logged, once; the relay goes on with what it has.
    public func reload() {
        looking.withLock {
            do throws(TLSProblem) {
                try takeWhatIsNew()
            } catch {
                let isNew = state.withLockedValue { state in
                    defer { state.problem = error }
                    return state.problem != error
                }
                if isNew { logger.error("\(error); new connections get the certificate as before") }
            }
            let notice = state.withLockedValue { $0.notice.due(for: $0.identity.expiry, now: now()) }
            if let notice { logger.warning("the certificate in '\(path)' \(notice)") }
        }
    }

    private func takeWhatIsNew() throws(TLSProblem) {
        let files = [try FileText(path), try FileText(keyPath)]
        let isKnown = state.withLockedValue { state in
            guard state.files == files else { return false }
            state.problem = nil
            return true
        }
        if isKnown { return }
        let identity = try TLSIdentity(certificates: files[0], key: files[1], now: now())
        state.withLockedValue { $0 = State(identity: identity, files: files, notice: ExpiryNotice()) }
        logger.notice("new connections get the certificate that is in '\(path)' now")
    }

    /// Looks at the files again and again, until it is cancelled.
    public func watch(every interval: Duration = interval) async {
        repeat { reload() } while (try? await Task.sleep(for: interval)) != nil
    }
}
