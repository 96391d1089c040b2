import JWTKit
import TrickleCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes signed tokens, by a key of a file.
public struct TokenSigner: Sendable {
    private enum Key: Sendable {
        case hs256(HMACKey)
        case rs256(Insecure.RSA.PrivateKey)
        case es256(ES256PrivateKey)
        case eddsa(EdDSA.PrivateKey)
    }

    private struct Header: Encodable {
        var alg: String
        var kid: String?
        var typ = "JWT"
    }

    private let key: Key

    /// - Parameter path: a private key in PEM (RSA, P-256 or Ed25519), or a secret for HS256 of at least 32 bytes.
    /// - Throws: what is wrong with the file, and what to do.
    public init(keyFile path: String) throws(TokenKeyMistake) {
        let document = try KeyFile.bytes(of: path)
        let text = String(decoding: document, as: UTF8.self)
        if text.contains("-----BEGIN ") {
            key = try Self.privateKey(text, name: path)
        } else if KeyFile.isJSON(document) {
            throw TokenKeyMistake("\(path) is a key set, which only checks tokens: name the private key, as a PEM file")
        } else {
            key = .hs256(try KeyFile.secret(document, name: path))
        }
    }

    private static func privateKey(_ text: String, name: String) throws(TokenKeyMistake) -> Key {
        if text.contains("ENCRYPTED") {
            throw TokenKeyMistake(
                "\(name) is encrypted: write the key without its passphrase with 'openssl pkey -in \(name) -out FILE'")
        }
        let blocks = PEMBlock.blocks(of: text)
        guard let block = blocks.first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else {
            let isPublic = blocks.contains { $0.label.hasSuffix("PUBLIC KEY") || $0.label.hasSuffix("CERTIFICATE") }
            throw TokenKeyMistake(
                isPublic
                    ? "\(name) is a public key, which only checks tokens: name the private one"
                    : "\(name) is no private key: make one with 'openssl genpkey -algorithm ed25519 -out FILE'")
        }
        if let key = try? ES256PrivateKey(pem: block.text) { return .es256(key) }
        if let key = try? EdDSA.PrivateKey(pem: block.text) { return .eddsa(key) }
        if let key = try? Insecure.RSA.PrivateKey(pem: block.text) { return .rs256(key) }
        throw TokenKeyMistake(
            "\(name) is no private key for RS256 (RSA with 2048 bits or more), ES256 (P-256) or EdDSA (Ed25519)")
    }

    /// - Parameters:
    ///   - audience: what it is for (`aud`); nil for nothing in particular.
    ///   - keyID: what a key set calls the key (`kid`).
    /// - Throws: ``TokenKeyMistake`` where the token would be longer than relays read.
    public func token(_ claims: TokenClaims, audience: String? = nil, keyID: String? = nil) async throws -> String {
        var payload = TokenPayload()
        payload.channels = claims.channels
        payload.expiry = claims.expiry
        payload.audience = audience.map { [$0] }
        let algorithm = try await algorithm()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let header = try encoder.encode(Header(alg: algorithm.name, kid: keyID))
        let signed = "\(Base64URL.text(header)).\(Base64URL.text(try encoder.encode(payload)))"
        let token = "\(signed).\(Base64URL.text(try algorithm.sign(Array(signed.utf8))))"
        guard token.utf8.count <= SignedToken.maximumByteCount else {
            throw TokenKeyMistake(
                "the token would have \(token.utf8.count) bytes, and a relay reads \(SignedToken.maximumByteCount): name fewer channels, as in 'cam*'"
            )
        }
        return token
    }

    private func algorithm() async throws -> any JWTAlgorithm {
        let collection = JWTKeyCollection()
        switch key {
        case .hs256(let key): await collection.add(hmac: key, digestAlgorithm: .sha256)
        case .rs256(let key): await collection.add(rsa: key, digestAlgorithm: .sha256)
        case .es256(let key): await collection.add(ecdsa: key)
        case .eddsa(let key): await collection.add(eddsa: key)
        }
        return try await collection.getKey()
    }
}
