import Testing
import TrickleTesting

@testable import TLSListening

/// Keys as openssl writes them.
@Suite(.enabled(if: OpenSSL.isInstalled, "openssl is not installed"), .timeLimit(.minutes(TestLimit.minutes)))
struct KeyFormatTests {
    private let folder = TemporaryFolder()
    private let log = LogLines()
    private var openssl: OpenSSL { OpenSSL(in: folder) }

    private func problem(_ certificate: String, _ key: String) -> String? {
        do throws(TLSProblem) {
            _ = try TLSCertificates(certificate: certificate, key: key, logger: log.logger)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: OpenSSL.KeyKind.allCases)
    func `is taken`(kind: OpenSSL.KeyKind) async throws {
        let key = try await openssl.key("key", kind)
        let certificate = try await openssl.root("own", key: key)
        #expect(problem(certificate, key) == nil)
    }

    @Test(arguments: [["pkey", "-aes256"], ["rsa", "-aes256", "-traditional"]])
    func `one with a password is told how to be without`(command: [String]) async throws {
        let key = try await openssl.key("key", .rsaInPKCS8)
        let certificate = try await openssl.root("own", key: key)
        try await openssl.run(command + ["-passout", "pass:secret", "-in", key, "-out", folder("locked")])
        #expect(
            problem(certificate, folder("locked"))
                == "the key in '\(folder("locked"))' has a password; write it without: openssl pkey -in \(folder("locked")) -out KEY"
        )
    }

    @Test func `a chain whose first certificate is not the server's own`() async throws {
        let rootKey = try await openssl.key("root.key")
        let root = try await openssl.root("root", key: rootKey)
        let key = try await openssl.key("own.key")
        let own = try await openssl.certificate("own", key: key, for: "localhost", issuer: (root, rootKey))
        let files = [own, root].map { TemporaryFolder.contents(of: $0) ?? [] }
        TemporaryFolder.write(files[0] + files[1], to: folder("chain"))
        TemporaryFolder.write(files[1] + files[0], to: folder("upside-down"))
        #expect(problem(folder("chain"), key) == nil)
        #expect(
            problem(folder("upside-down"), key)
                == "the key in '\(key)' is not that of the first certificate in '\(folder("upside-down"))'")
    }
}
