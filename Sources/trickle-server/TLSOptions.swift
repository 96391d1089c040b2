import ArgumentParser
import CommandFrame
import Logging
import TLSListening
import TrickleRelay

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Connections that are encrypted.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to listen for TLS: HOST:PORT, or :PORT for the whole network. By default \(Self.defaultAddress.defaultValueDescription), with a certificate.",
            valueName: "address"))
    var tlsAddr: ListenAddress?

    @Option(
        help: ArgumentHelp(
            "The certificate and those that lead to its root, PEM. It is read again when it changes, and on SIGHUP.",
            valueName: "file"),
        completion: .file())
    var tlsCert: String?

    @Option(
        help: ArgumentHelp("The certificate's private key, RSA or EC, PEM without a password.", valueName: "file"),
        completion: .file())
    var tlsKey: String?

    @Flag(help: "Make a certificate for tries, which clients trust only when you tell them: --ca-file.")
    var tlsSelfSigned = false

    private static let defaultAddress = ListenAddress("localhost:2943")

    func validate() throws {
        switch (tlsCert, tlsKey) {
        case (nil, .some): throw ValidationError("--tls-key needs --tls-cert")
        case (.some, nil): throw ValidationError("--tls-cert needs --tls-key")
        case (.some, .some) where tlsSelfSigned:
            throw ValidationError("--tls-self-signed makes a certificate: leave out --tls-cert and --tls-key")
        case (nil, nil) where tlsAddr != nil && !tlsSelfSigned:
            throw ValidationError("--tls-addr needs --tls-cert and --tls-key, or --tls-self-signed for tries")
        case _: break
        }
    }

    var isWanted: Bool { tlsCert != nil || tlsSelfSigned }

    private var address: ListenAddress { tlsAddr ?? Self.defaultAddress }

    /// The certificate to show; nil without TLS.
    ///
    /// - Parameter isCheck: whether nothing is to be made.
    /// - Throws: ``TLSProblem``.
    func certificates(_ logger: Logger, isCheck: Bool) throws(TLSProblem) -> TLSCertificates? {
        if let tlsCert, let tlsKey { return try TLSCertificates(certificate: tlsCert, key: tlsKey, logger: logger) }
        guard tlsSelfSigned, !isCheck else { return nil }
        let files = try SelfSignedCertificate.kept(in: Self.stateFolder, names: names)
        logger.notice(
            "the certificate is for tries; clients trust it so: curl --cacert \(files.certificate), or --ca-file \(files.certificate)"
        )
        return try TLSCertificates(certificate: files.certificate, key: files.key, logger: logger)
    }

    /// Where connections with TLS are taken.
    func listener(showing certificates: TLSCertificates) -> SecureListener {
        SecureListener(host: address.host, port: address.port) { certificates.makeHandler() }
    }

    /// Under which a certificate for tries is valid.
    private var names: [String] {
        let usual = ["localhost", "127.0.0.1", "::1"]
        guard let host = address.host, !["0.0.0.0", "::"].contains(host) else {
            var name = [CChar](repeating: 0, count: 256)
            guard gethostname(&name, name.count - 1) == 0 else { return usual }
            let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            return host.isEmpty ? usual : usual + [host, host + ".local"]
        }
        return usual.contains(host) ? usual : usual + [host]
    }

    /// Where programs keep what they made (the XDG Base Directory Specification).
    private static var stateFolder: String {
        let environment = ProcessInfo.processInfo.environment
        if let folder = environment["XDG_STATE_HOME"], folder.hasPrefix("/") { return folder + "/trickle" }
        return (environment["HOME"] ?? "/var/lib") + "/.local/state/trickle"
    }
}
