import TLSListening
import TrickleTesting

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A `trickle-server` that listens for TLS alone, and whom its clients trust.
struct SecureRelay: Sendable {
    let folder: TemporaryFolder
    let process: RelayProcess
    let port: Int

    /// For those who connect to a name: `https://localhost:PORT`.
    var url: String { "https://localhost:\(port)" }
    /// What clients trust.
    var certificate: String { folder("fullchain.pem") }
    var key: String { folder("privkey.pem") }

    /// - Parameters:
    ///   - certificate: Shown, and trusted.
    ///   - options: Besides the certificate and the address.
    static func with(
        _ certificate: SelfSignedCertificate? = nil, _ options: [String] = [], plainAddress: String = "none",
        _ body: (SecureRelay) async throws -> Void
    ) async throws {
        let folder = TemporaryFolder()
        try put(certificate ?? SelfSignedCertificate(names: ["localhost", "127.0.0.1"]), in: folder)
        let arguments =
            [
                "--tls-addr", "127.0.0.1:0", "--tls-cert", folder("fullchain.pem"), "--tls-key", folder("privkey.pem"),
            ] + options
        try await RelayProcess.with(arguments, address: plainAddress) { process in
            try await body(SecureRelay(folder: folder, process: process, port: process.securePort()))
        }
    }

    /// Writes the files of a certificate.
    static func put(_ new: SelfSignedCertificate, in folder: TemporaryFolder) {
        TemporaryFolder.write(new.certificate.utf8, to: folder("fullchain.pem"))
        TemporaryFolder.write(new.key.utf8, to: folder("privkey.pem"))
    }

    /// curl, which trusts the certificate.
    func curl(_ arguments: String..., trusting file: String? = nil) async throws -> ToolResult {
        try await RunningTool.run("curl", ["-sSN", "--cacert", file ?? certificate] + arguments)
    }

    /// Waits until nobody is connected any more.
    func isLeft() async throws {
        let metrics = process.metricsURL ?? ""
        try await until {
            let text = try await RunningTool.run("curl", ["-s", metrics]).outputText
            return ["connections", "client_addresses"].allSatisfy { text.contains("\ntrickle_\($0) 0\n") }
        }
    }
}
