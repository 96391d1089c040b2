/// Keys and certificates of `openssl`, in a folder.
public struct OpenSSL: Sendable {
    public static var isInstalled: Bool { BuiltTool.isInstalled("openssl") }

    /// A kind of key, and the form of its file.
    public enum KeyKind: String, CaseIterable, Sendable {
        case p256, p384InSEC1, p521, rsaInPKCS8, rsaInPKCS1

        var arguments: [String] {
            switch self {
            case .p256: ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
            // The file begins with the curve's parameters.
            case .p384InSEC1: ["ecparam", "-genkey", "-name", "secp384r1"]
            case .p521: ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]
            case .rsaInPKCS8: ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
            case .rsaInPKCS1: ["genrsa", "-traditional", "2048"]
            }
        }
    }

    private let folder: TemporaryFolder

    public init(in folder: TemporaryFolder) { self.folder = folder }

    /// - Returns: the key's path.
    @discardableResult
    public func key(_ name: String, _ kind: KeyKind = .p256) async throws -> String {
        let result = try await run(kind.arguments)
        TemporaryFolder.write(result.output, to: folder(name))
        return folder(name)
    }

    /// A certificate that vouches for itself, and may vouch for others.
    @discardableResult
    public func root(_ name: String, key: String, for host: String = "localhost") async throws -> String {
        try await run(
            ["req", "-x509", "-new", "-key", key, "-subj", "/CN=\(name)", "-days", "30", "-out", folder(name)]
                + ["-addext", "subjectAltName=DNS:\(host)"])
        return folder(name)
    }

    /// A certificate that another vouches for.
    ///
    /// - Parameter host: Whom it is for; nil for one that vouches for others.
    @discardableResult
    public func certificate(
        _ name: String, key: String, for host: String?, issuer: (certificate: String, key: String)
    ) async throws -> String {
        let extensions = host.map { "subjectAltName=DNS:\($0)\n" } ?? "basicConstraints=critical,CA:TRUE\n"
        TemporaryFolder.write(extensions.utf8, to: folder("\(name).ext"))
        try await run(["req", "-new", "-key", key, "-subj", "/CN=\(name)", "-out", folder("\(name).csr")])
        try await run(
            ["x509", "-req", "-in", folder("\(name).csr"), "-CA", issuer.certificate, "-CAkey", issuer.key]
                + ["-CAserial", folder("serial"), "-CAcreateserial", "-days", "30", "-out", folder(name)]
                + ["-extfile", folder("\(name).ext")])
        return folder(name)
    }

    /// - Throws: ``OpenSSLFailure`` unless it succeeds.
    @discardableResult
    public func run(_ arguments: [String]) async throws -> ToolResult {
        let result = try await RunningTool.run("openssl", arguments)
        guard result.status.isSuccess else { throw OpenSSLFailure(reason: "\(arguments): \(result.errors)") }
        return result
    }
}

public struct OpenSSLFailure: Error {
    let reason: String
}
