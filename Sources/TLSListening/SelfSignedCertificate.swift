import Crypto
import SwiftASN1
import X509

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

/// A certificate for tries, which vouches for itself: clients have to be told of it.
public struct SelfSignedCertificate: Sendable {
    /// PEM.
    public let certificate: String
    /// PEM, PKCS #8.
    public let key: String

    /// How long it is valid.
    static let validity = 90.0 * 86_400
    /// How much longer one has to last that is taken again: whoever starts with it is not warned of its end at once.
    static let remainder = 8.0 * 86_400

    /// - Parameter names: Host names and IP addresses under which clients reach the server.
    public init(names: [String], now: Date = Date()) throws {
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName("trickle-server, for tries") }
        let alternatives = names.map { name -> GeneralName in
            guard let bytes = AddressBytes.parse(name) else { return .dnsName(name) }
            return .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
            // Clocks differ a little.
            notValidBefore: now.addingTimeInterval(-3600), notValidAfter: now.addingTimeInterval(Self.validity),
            issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                SubjectAlternativeNames(alternatives)
                try ExtendedKeyUsage([.serverAuth])
            }, issuerPrivateKey: Certificate.PrivateKey(key))
        self.certificate = try certificate.serializeAsPEM().pemString + "\n"
        self.key = key.pemRepresentation + "\n"
    }

    /// The certificate in the folder, made anew where there is none that lasts long enough. Its key is for its owner alone.
    ///
    /// - Returns: the paths of certificate and key.
    /// - Throws: ``TLSProblem`` when the folder cannot be written.
    public static func kept(
        in folder: String, names: [String], now: Date = Date()
    ) throws(TLSProblem) -> (certificate: String, key: String) {
        let paths = (certificate: folder + "/self-signed.pem", key: folder + "/self-signed.key")
        if let certificate = try? FileText(paths.certificate), let key = try? FileText(paths.key),
            let identity = try? TLSIdentity(certificates: certificate, key: key, now: now),
            identity.expiry > now.addingTimeInterval(remainder), Set(names).isSubset(of: identity.names)
        {
            return paths
        }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let new = try SelfSignedCertificate(names: names, now: now)
            try put(new.key, to: paths.key, permissions: 0o600)
            try put(new.certificate, to: paths.certificate, permissions: 0o644)
        } catch {
            throw TLSProblem(
                "cannot write a certificate to '\(folder)': name a folder in XDG_STATE_HOME that this user may write, or is the disk full?"
            )
        }
        return paths
    }

    /// Whoever reads the file has the old text or the new one, and nobody who may not has any.
    private static func put(_ text: String, to path: String, permissions: mode_t) throws(WriteFailure) {
        let new = path + ".new"
        unlink(new)
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
        guard descriptor >= 0 else { throw WriteFailure() }
        let count = Array(text.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        // A disk that is full may say so at the end only.
        guard close(descriptor) == 0, count == text.utf8.count, rename(new, path) == 0 else { throw WriteFailure() }
    }

    private struct WriteFailure: Error {}
}
