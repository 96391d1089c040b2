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

/// Certificates for tries.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct SelfSignedTests {
    private let folder = TemporaryFolder()
    private let names = ["localhost", "127.0.0.1", "::1"]

    private func kept(_ names: [String], now: Date = Date()) throws -> (certificate: [UInt8], key: [UInt8]) {
        let paths = try SelfSignedCertificate.kept(in: folder("state/trickle"), names: names, now: now)
        return (TemporaryFolder.contents(of: paths.certificate) ?? [], TemporaryFolder.contents(of: paths.key) ?? [])
    }

    @Test func `the next run has the same`() throws {
        let first = try kept(names)
        #expect(!first.certificate.isEmpty && !first.key.isEmpty)
        #expect(try kept(names) == first)
        #expect(try kept(["localhost"]) == first)
        #expect(folder.names(in: "state/trickle") == ["self-signed.key", "self-signed.pem"])
    }

    @Test func `it is made anew for more names, and before it ends`() throws {
        let first = try kept(names)
        let second = try kept(names + ["studio.local"])
        #expect(second != first)
        #expect(try kept(names, now: Date(timeIntervalSinceNow: 81 * 86_400)) == second)
        #expect(try kept(names, now: Date(timeIntervalSinceNow: 83 * 86_400)) != second)
    }

    @Test func `only its owner may read the key`() throws {
        _ = try kept(names)
        var status = stat()
        #expect(stat(folder("state/trickle/self-signed.key"), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func `what others have spoiled is made anew`() throws {
        let first = try kept(names)
        TemporaryFolder.write("hello".utf8, to: folder("state/trickle/self-signed.pem"))
        #expect(try kept(names).certificate != first.certificate)
    }

    @Test func `a folder that cannot be is told in one line`() {
        TemporaryFolder.write([], to: folder("state"))
        #expect(
            throws: TLSProblem(
                "cannot write a certificate to '\(folder("state/trickle"))': name a folder in XDG_STATE_HOME that this user may write, or is the disk full?"
            )
        ) { try kept(names) }
    }
}
