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

/// Files that change while a relay runs.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct ReloadTests {
    private let files: CertificateFiles
    private let certificates: TLSCertificates
    private let second: SelfSignedCertificate

    private var asBefore: String { "new connections get the certificate as before" }
    private var isNew: String { "new connections get the certificate that is in '\(files.certificate)' now" }
    private var keyIsNotIts: String {
        "the key in '\(files.key)' is not that of the first certificate in '\(files.certificate)'; \(asBefore)"
    }

    init() throws {
        files = try CertificateFiles()
        certificates = try files.certificates()
        second = try SelfSignedCertificate(names: ["second.example"])
    }

    private func reload(times: Int = 3) {
        for _ in 0..<times { certificates.reload() }
    }

    @Test func `what is new is taken, and said once`() {
        reload()
        #expect(files.log.all == [])
        files.put(second)
        reload()
        #expect(certificates.names == ["second.example"])
        #expect(files.log.all == [isNew])
    }

    @Test func `a pair that is half written is taken when it is whole`() {
        files.put(certificate: second.certificate)
        reload()
        #expect(certificates.names == ["first.example"])
        #expect(files.log.all == [keyIsNotIts])
        files.put(key: second.key)
        reload()
        #expect(certificates.names == ["second.example"])
        #expect(files.log.all == [keyIsNotIts, isNew])
    }

    @Test func `what went wrong again is said again`() {
        let first = (TemporaryFolder.contents(of: files.key) ?? []).map { $0 }
        for _ in 0..<2 {
            files.put(key: second.key)
            reload()
            TemporaryFolder.write(first, to: files.key)
            reload()
        }
        #expect(files.log.all == [keyIsNotIts, keyIsNotIts])
    }

    @Test func `a new certificate that has expired is not taken`() throws {
        files.put(try SelfSignedCertificate(names: ["old.example"], now: files.now.addingTimeInterval(-91 * 86_400)))
        reload()
        #expect(certificates.names == ["first.example"])
        #expect(files.log.all.count == 1)
        let said = files.log.all.first ?? ""
        #expect(said.contains("has expired, on 20") && said.hasSuffix(asBefore), "\(said)")
    }

    @Test func `files that are gone change nothing`() {
        unlink(files.certificate)
        reload()
        #expect(certificates.names == ["first.example"])
        #expect(files.log.all == ["cannot read '\(files.certificate)': there is no such file; \(asBefore)"])
    }

    @Test func `links that lead elsewhere are followed, as certbot has them`() throws {
        let folder = files.folder
        for (number, pair) in [(1, try SelfSignedCertificate(names: ["a.example"])), (2, second)] {
            TemporaryFolder.write(pair.certificate.utf8, to: folder("chain\(number)"))
            TemporaryFolder.write(pair.key.utf8, to: folder("key\(number)"))
        }
        func link(_ number: Int) {
            for (path, name) in [(files.certificate, "chain"), (files.key, "key")] {
                unlink(path)
                #expect(symlink("\(name)\(number)", path) == 0)
            }
        }
        link(1)
        reload()
        #expect(certificates.names == ["a.example"])
        link(2)
        reload()
        #expect(certificates.names == ["second.example"])
        #expect(files.log.all == [isNew, isNew])
    }

    @Test func `files are looked at again and again`() async throws {
        let watch = Task { [certificates] in await certificates.watch(every: .milliseconds(1)) }
        files.put(second)
        try await until { certificates.names == ["second.example"] }
        watch.cancel()
        await watch.value
        files.put(try SelfSignedCertificate(names: ["third.example"]))
        #expect(certificates.names == ["second.example"])
    }

    @Test func `the last days of a certificate are told once a day`() {
        reload()
        files.advance(days: 82.9)
        reload()
        #expect(files.log.all == [])
        files.advance(days: 0.2)
        reload()
        let warning = "the certificate in '\(files.certificate)' expires on \(certificates.expiry): renew it"
        #expect(files.log.all == [warning])
        files.advance(days: 0.9)
        reload()
        #expect(files.log.all == [warning])
        files.advance(days: 0.2)
        reload()
        #expect(files.log.all == [warning, warning])
        files.advance(days: 6)
        reload()
        #expect(
            files.log.all.last
                == "the certificate in '\(files.certificate)' has expired, on \(certificates.expiry): clients refuse it until it is renewed"
        )
        #expect(files.log.all.count == 3)
    }
}
