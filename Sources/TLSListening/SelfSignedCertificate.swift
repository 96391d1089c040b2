import Crypto
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A certificate for tries, which vouches for itself: clients have to be told of it.
public struct SelfSignedCertificate: Sendable {
    /// PEM.
    public let certificate: String
    /// PEM, PKCS #8.
    public let key: String

    /// How long it is valid.
    static let validity = 90.0 * 86_400

    /// - Parameter names: Host names and IPv4 addresses under which clients reach the server.
    public init(names: [String], now: Date = Date()) throws {
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName("trickle-server, for tries") }
        let alternatives = names.map { name -> GeneralName in
            let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
            guard parts.count == 4, !parts.contains(nil) else { return .dnsName(name) }
            return .ipAddress(ASN1OctetString(contentBytes: ArraySlice(parts.compactMap { $0 })))
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

    /// The certificate in the folder, made anew where there is none that lasts a day longer. Its key is for its owner alone.
    ///
    /// - Returns: the paths of certificate and key.
    /// - Throws: ``TLSProblem`` when the folder cannot be written.
    public static func kept(
        in folder: String, names: [String]
    ) throws(TLSProblem) -> (certificate: String, key: String) {
        let paths = (certificate: folder + "/self-signed.pem", key: folder + "/self-signed.key")
        if let certificate = try? FileText(paths.certificate), let key = try? FileText(paths.key),
            let identity = try? TLSIdentity(certificates: certificate, key: key),
            identity.expiry > Date().addingTimeInterval(86_400), Set(names).isSubset(of: identity.names)
        {
            return paths
        }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let new = try SelfSignedCertificate(names: names)
            try write(new.key, to: paths.key, permissions: 0o600)
            try write(new.certificate, to: paths.certificate, permissions: 0o644)
        } catch {
            throw TLSProblem("cannot write a certificate to '\(folder)': is the disk full, or the folder somebody else's?")
        }
        return paths
    }

    private static func write(_ text: String, to path: String, permissions: Int) throws {
        let new = path + ".new"
        try? FileManager.default.removeItem(atPath: new)
        guard
            FileManager.default.createFile(
                atPath: new, contents: Data(text.utf8), attributes: [.posixPermissions: permissions])
        else { throw CocoaError(.fileWriteUnknown) }
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: new, toPath: path)
    }
}
