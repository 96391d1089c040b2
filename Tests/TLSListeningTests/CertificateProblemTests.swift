import Testing
import TrickleTesting

@testable import TLSListening

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// What is wrong with the files, in one line.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct CertificateProblemTests {
    private let files: CertificateFiles

    init() throws { files = try CertificateFiles() }

    @Test func `a pair of files that fit has a name and an end`() throws {
        let certificates = try files.certificates()
        #expect(certificates.names == ["first.example"])
        #expect(certificates.expiry > files.now.addingTimeInterval(89 * 86_400))
    }

    @Test func `a file that is not there`() {
        unlink(files.certificate)
        #expect(files.problem() == "cannot read '\(files.certificate)': there is no such file")
    }

    @Test func `a folder is no file`() {
        unlink(files.key)
        mkdir(files.key, 0o700)
        #expect(
            files.problem()?.hasPrefix("cannot read '\(files.key)': is it a file") == true, "\(files.problem() ?? "")")
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func `a key that belongs to others`() {
        chmod(files.key, 0)
        // A user with one capability of root's may read everything, too.
        guard access(files.key, R_OK) != 0 else { return }
        #expect(files.problem() == "cannot read '\(files.key)': this user may not read it")
    }

    @Test func `bytes that are no text`() {
        TemporaryFolder.write([0x30, 0x82, 0xFF, 0xFE], to: files.certificate)
        #expect(files.problem() == "'\(files.certificate)' is no PEM file")
    }

    @Test(arguments: ["", "hello\n"])
    func `a text without a certificate`(text: String) {
        files.put(certificate: text)
        #expect(
            files.problem() == "'\(files.certificate)' has no certificate in PEM (-----BEGIN CERTIFICATE-----)")
    }

    @Test func `a key in the place of the certificate, and the other way round`() throws {
        let pair = try SelfSignedCertificate(names: ["second.example"])
        files.put(certificate: pair.key)
        #expect(
            files.problem() == "'\(files.certificate)' has no certificate in PEM (-----BEGIN CERTIFICATE-----)")
        files.put(certificate: pair.certificate)
        files.put(key: pair.certificate)
        #expect(files.problem() == "'\(files.key)' has no private key in PEM (-----BEGIN PRIVATE KEY-----)")
    }

    @Test func `garbage between the lines of PEM`() {
        files.put(certificate: "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n")
        let problem = files.problem() ?? ""
        #expect(problem.hasPrefix("'\(files.certificate)' has a certificate that cannot be read: "), "\(problem)")
        #expect(!problem.contains("\n"), "\(problem)")
    }

    @Test func `a key of which the middle is gone`() throws {
        let key = try SelfSignedCertificate(names: []).key
        let lines = key.split(separator: "\n")
        files.put(key: (lines.prefix(1) + lines.suffix(1)).joined(separator: "\n"))
        let problem = files.problem() ?? ""
        #expect(problem.hasPrefix("'\(files.key)' has a private key that cannot be read: "), "\(problem)")
        #expect(!problem.contains("\n"), "\(problem)")
    }

    @Test func `the key of another certificate`() throws {
        files.put(key: try SelfSignedCertificate(names: []).key)
        #expect(
            files.problem()
                == "the key in '\(files.key)' is not that of the first certificate in '\(files.certificate)'"
        )
    }

    @Test func `one file may have both`() throws {
        let pair = try SelfSignedCertificate(names: ["second.example"])
        files.put(certificate: pair.certificate + pair.key)
        files.put(key: pair.certificate + pair.key)
        #expect(try files.certificates().names == ["second.example"])
    }

    @Test func `a certificate that has expired, and one that is not valid yet`() throws {
        let names = ["second.example"]
        files.put(try SelfSignedCertificate(names: names, now: files.now.addingTimeInterval(-100 * 86_400)))
        let expired = files.problem() ?? ""
        #expect(expired.hasPrefix("the certificate in '\(files.certificate)' has expired, on 20"), "\(expired)")
        files.put(try SelfSignedCertificate(names: names, now: files.now.addingTimeInterval(86_400)))
        let early = files.problem() ?? ""
        #expect(early.hasPrefix("the certificate in '\(files.certificate)' is not valid before 20"), "\(early)")
    }
}
