import Synchronization
import TrickleTesting

@testable import TLSListening

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A certificate and its key in files of a test's own, and a clock that it sets.
final class CertificateFiles: Sendable {
    let folder = TemporaryFolder()
    let log = LogLines()
    private let time = Mutex(Date())

    var certificate: String { folder("fullchain.pem") }
    var key: String { folder("privkey.pem") }

    init() throws { try put(SelfSignedCertificate(names: ["first.example"])) }

    var now: Date { time.withLock { $0 } }

    func advance(days: Double) { time.withLock { $0 += days * 86_400 } }

    func put(_ new: SelfSignedCertificate) {
        TemporaryFolder.write(new.certificate.utf8, to: certificate)
        TemporaryFolder.write(new.key.utf8, to: key)
    }

    func put(certificate text: String) { TemporaryFolder.write(text.utf8, to: certificate) }
    func put(key text: String) { TemporaryFolder.write(text.utf8, to: key) }

    func certificates() throws(TLSProblem) -> TLSCertificates {
        try TLSCertificates(certificate: certificate, key: key, logger: log.logger) { self.now }
    }

    /// What is wrong with the files as they are; nil for nothing.
    func problem() -> String? {
        do throws(TLSProblem) {
            _ = try certificates()
            return nil
        } catch {
            return error.description
        }
    }
}
