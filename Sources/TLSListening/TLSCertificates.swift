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
    }

    private let certificatePath: String
    private let keyPath: String
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    /// How often the files are looked at.
    public static let interval = Duration.seconds(10)

    /// - Throws: ``TLSProblem`` for files that cannot be used.
    public init(certificate: String, key: String, logger: Logger) throws(TLSProblem) {
        certificatePath = certificate
        keyPath = key
        self.logger = logger
        let files = [try FileText(certificate), try FileText(key)]
        let identity = try TLSIdentity(certificates: files[0], key: files[1])
        state = NIOLockedValueBox(State(identity: identity, files: files))
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
        do throws(TLSProblem) {
            let files = [try FileText(certificatePath), try FileText(keyPath)]
            guard state.withLockedValue({ $0.files != files }) else { return }
            let identity = try TLSIdentity(certificates: files[0], key: files[1])
            state.withLockedValue { $0 = State(identity: identity, files: files) }
            logger.notice("new connections get the certificate that is in '\(certificatePath)' now")
        } catch {
            let isNew = state.withLockedValue { state in
                defer { state.problem = error }
                return state.problem != error
            }
            if isNew { logger.error("\(error); new connections get the certificate as before") }
        }
    }

    /// Looks at the files again and again, until it is cancelled.
    public func watch() async {
        while (try? await Task.sleep(for: Self.interval)) != nil { reload() }
    }
}
