import JWTKit

/// What a token's signature is checked by: a key, and the one algorithm that it is for.
struct TokenKey: Sendable {
    enum Material: Sendable {
        case hs256(HMACKey)
        case rs256(Insecure.RSA.PublicKey)
        case es256(ES256PublicKey)
        case eddsa(EdDSA.PublicKey)
    }

    let material: Material
    /// What a key set calls it; nil for a key that has no name.
    var id: String?

    /// Bytes of the shortest secret: as many as HS256's hash has (RFC 7518, section 3.2).
    static let minimumSecretByteCount = 32

    var algorithm: JWTSettings.Algorithm {
        switch material {
        case .hs256: .hs256
        case .rs256: .rs256
        case .es256: .es256
        case .eddsa: .edDSA
        }
    }

    /// Whether a token may be signed by it, from what the token's head says.
    func suits(_ token: SignedToken) -> Bool {
        algorithm.rawValue == token.algorithm && (id == nil || token.keyID == nil || id == token.keyID)
    }

    func hasSigned(_ token: SignedToken) async -> Bool {
        // The collection has this key alone, so that nothing in the token chooses another.
        let collection = JWTKeyCollection()
        switch material {
        case .hs256(let key): await collection.add(hmac: key, digestAlgorithm: .sha256)
        case .rs256(let key): await collection.add(rsa: key, digestAlgorithm: .sha256)
        case .es256(let key): await collection.add(ecdsa: key)
        case .eddsa(let key): await collection.add(eddsa: key)
        }
        let algorithm = try? await collection.getKey()
        return (try? algorithm?.verify(token.signature, signs: token.signedBytes)) ?? false
    }
}

extension JWTSettings.Algorithm: CustomStringConvertible {
    public var description: String { rawValue }
}
