import Crypto
import NIOSSL
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A certificate with its chain and its key: sound, fitting and valid.
struct TLSIdentity {
    /// What makes the connections.
    let context: NIOSSLContext
    /// The end of the certificate's validity.
    let expiry: Date
    /// The names for which it is.
    let names: [String]

    /// The protocols that a client may choose from, the preferred one first (RFC 7301).
    static let protocols = ["h2", "http/1.1"]

    /// - Parameters:
    ///   - certificates: PEM, the server's own certificate first, then those that lead to the root (RFC 8446, section 4.4.2).
    ///   - key: PEM: RSA or EC, PKCS #8, PKCS #1 or SEC 1, without a password.
    /// - Throws: ``TLSProblem``.
    init(certificates: FileText, key: FileText, now: Date = Date()) throws(TLSProblem) {
        let chain = try Self.chain(certificates)
        let own = chain[0]
        let privateKey = try Self.privateKey(key)
        guard privateKey.publicKey == own.publicKey else {
            throw TLSProblem("the key in '\(key.path)' is not that of the first certificate in '\(certificates.path)'")
        }
        guard own.notValidAfter > now else {
            throw TLSProblem("the certificate in '\(certificates.path)' has expired, on \(own.notValidAfter)")
        }
        guard own.notValidBefore <= now else {
            throw TLSProblem("the certificate in '\(certificates.path)' is not valid before \(own.notValidBefore)")
        }
        expiry = own.notValidAfter
        names = Self.names(of: own)
        do { context = try Self.context(chain: certificates.text, key: key.text) } catch {
            throw TLSProblem("'\(certificates.path)' and '\(key.path)' cannot be used: \(error)")
        }
    }

    private static func chain(_ file: FileText) throws(TLSProblem) -> [Certificate] {
        do {
            let chain = try PEMDocument.parseMultiple(pemString: file.text)
                .filter { $0.discriminator == Certificate.defaultPEMDiscriminator }.map {
                    try Certificate(pemDocument: $0)
                }
            if !chain.isEmpty { return chain }
        } catch {
            throw TLSProblem("'\(file.path)' has a certificate that cannot be read: \(error)")
        }
        throw TLSProblem("'\(file.path)' has no certificate in PEM (-----BEGIN CERTIFICATE-----)")
    }

    /// The first key in the file, which may have other things, too: EC parameters, or the certificate.
    private static func privateKey(_ file: FileText) throws(TLSProblem) -> Certificate.PrivateKey {
        if file.text.contains("ENCRYPTED") {
            throw TLSProblem(
                "the key in '\(file.path)' has a password; write it without: openssl pkey -in \(file.path) -out KEY")
        }
        do {
            let documents = try PEMDocument.parseMultiple(pemString: file.text)
            if let key = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") }) {
                return try Certificate.PrivateKey(pemDocument: key)
            }
        } catch {
            throw TLSProblem("'\(file.path)' has a private key that cannot be read: \(error)")
        }
        throw TLSProblem("'\(file.path)' has no private key in PEM (-----BEGIN PRIVATE KEY-----)")
    }

    private static func names(of certificate: Certificate) -> [String] {
        guard let names = try? certificate.extensions.subjectAlternativeNames else { return [] }
        return names.compactMap { name in
            switch name {
            case .dnsName(let name): name
            case .ipAddress(let address): AddressBytes.text(of: address.bytes)
            case _: nil
            }
        }
    }

    private static func context(chain: String, key: String) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(chain.utf8)).map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(key))
        // What is older has no place in the field (RFC 8996).
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = protocols
        return try NIOSSLContext(configuration: configuration)
    }
}

/// Why TLS cannot be had, in one line that says what to do.
public struct TLSProblem: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
