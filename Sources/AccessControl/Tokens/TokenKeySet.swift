import JWTKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The keys of a document: a JSON Web Key Set (RFC 7517), a public key, or a secret.
struct TokenKeySet: Sendable {
    /// Bytes of the largest document that is read: 1 MiB.
    static let maximumByteCount = 1 << 20
    /// How many keys are tried for one token at most: more of a set than a set needs while keys change.
    static let maximumTryCount = 16

    let keys: [TokenKey]

    /// The keys that may have signed a token.
    func keys(for token: SignedToken) -> some Sequence<TokenKey> {
        keys.lazy.filter { $0.suits(token) }.prefix(Self.maximumTryCount)
    }

    /// Whether a token names a key that is not here.
    func lacksKey(of token: SignedToken) -> Bool {
        token.keyID != nil && !keys.contains { $0.suits(token) }
    }

    /// - Parameters:
    ///   - document: what stands in a file.
    ///   - name: what messages call it.
    ///   - algorithm: the one that counts; nil for what the keys are for.
    init(file document: [UInt8], name: String, algorithm: JWTSettings.Algorithm?) throws(TokenKeyMistake) {
        if KeyFile.isJSON(document) {
            keys = try Self.keys(jwks: document, name: name, algorithm: algorithm, mayBeSecret: true)
            return
        }
        let key = try Self.key(document, name: name)
        if let algorithm, algorithm != key.algorithm {
            let what = key.algorithm == .hs256 ? "a secret" : "a public key"
            throw TokenKeyMistake("\(name) is \(what) for \(key.algorithm), not for \(algorithm)")
        }
        keys = [key]
    }

    /// - Parameter jwks: a JSON Web Key Set from somewhere that keeps no secrets.
    init(remote jwks: [UInt8], name: String, algorithm: JWTSettings.Algorithm?) throws(TokenKeyMistake) {
        keys = try Self.keys(jwks: jwks, name: name, algorithm: algorithm, mayBeSecret: false)
    }

    /// Keys that are for something else, or for an unknown algorithm, are left out (RFC 7517, section 5).
    ///
    /// - Parameter mayBeSecret: whether keys of type `oct` count.
    private static func keys(
        jwks: [UInt8], name: String, algorithm: JWTSettings.Algorithm?, mayBeSecret: Bool
    ) throws(TokenKeyMistake) -> [TokenKey] {
        guard let set = try? JSONDecoder().decode(JSONWebKeys.self, from: Data(jwks)) else {
            throw TokenKeyMistake("\(name) is no key set (JWKS): it looks like {\"keys\": […]}")
        }
        let keys = set.keys.compactMap { $0.value?.tokenKey }.filter { key in
            algorithm.map { $0 == key.algorithm } ?? true && (mayBeSecret || key.algorithm != .hs256)
        }
        guard !keys.isEmpty else {
            let wanted = algorithm.map { "\($0)" } ?? "RS256, ES256 (P-256) or EdDSA (Ed25519)"
            throw TokenKeyMistake("\(name) has no key for \(wanted) that could be used")
        }
        return keys
    }

    private static func key(_ document: [UInt8], name: String) throws(TokenKeyMistake) -> TokenKey {
        let text = String(decoding: document, as: UTF8.self)
        guard text.contains("-----BEGIN ") else {
            return TokenKey(material: .hs256(try KeyFile.secret(document, name: name)))
        }
        let blocks = PEMBlock.blocks(of: text)
        if blocks.contains(where: { $0.label.hasSuffix("PRIVATE KEY") }) {
            throw TokenKeyMistake(
                "\(name) is a private key, which only signs tokens: write its public half with 'openssl pkey -in \(name) -pubout'"
            )
        }
        if blocks.contains(where: { $0.label.hasSuffix("CERTIFICATE") }) {
            throw TokenKeyMistake(
                "\(name) is a certificate: write its public key with 'openssl x509 -in \(name) -noout -pubkey'")
        }
        guard blocks.count == 1 else {
            throw TokenKeyMistake(
                blocks.isEmpty
                    ? "\(name) begins like a PEM file, and has no END"
                    : "\(name) has several keys: make a key set (JWKS)")
        }
        guard let material = publicKey(pem: blocks[0].text) else {
            throw TokenKeyMistake(
                "\(name) is no public key for RS256 (RSA with 2048 bits or more), ES256 (P-256) or EdDSA (Ed25519)")
        }
        return TokenKey(material: material)
    }

    private static func publicKey(pem: String) -> TokenKey.Material? {
        if let key = try? ES256PublicKey(pem: pem) { return .es256(key) }
        if let key = try? EdDSA.PublicKey(pem: pem) { return .eddsa(key) }
        return (try? Insecure.RSA.PublicKey(pem: pem)).map { .rs256($0) }
    }
}
