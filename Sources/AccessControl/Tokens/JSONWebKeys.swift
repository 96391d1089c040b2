import JWTKit

/// A JSON Web Key Set, as far as it can be read.
struct JSONWebKeys: Decodable {
    /// An element, or nothing where it is no key.
    struct Element: Decodable {
        var value: JSONWebKey?

        init(from decoder: any Decoder) throws { value = try? JSONWebKey(from: decoder) }
    }

    var keys: [Element]
}

/// A JSON Web Key (RFC 7517, section 4). Whose private half is in it, too, is used by its public one.
struct JSONWebKey: Decodable {
    var kty: String
    var kid: String?
    var alg: String?
    var use: String?
    var key_ops: [String]?
    var crv: String?
    var n: String?
    var e: String?
    var x: String?
    var y: String?
    var k: String?

    /// nil where it is not for signatures, or for none of ``JWTSettings.Algorithm``.
    var tokenKey: TokenKey? {
        guard use ?? "sig" == "sig", key_ops?.contains("verify") ?? true, let material,
            alg.map({ $0 == TokenKey(material: material).algorithm.rawValue }) ?? true
        else { return nil }
        return TokenKey(material: material, id: kid)
    }

    private var material: TokenKey.Material? {
        switch (kty, crv) {
        case ("RSA", _):
            guard let n, let e else { return nil }
            return (try? Insecure.RSA.PublicKey(modulus: n, exponent: e)).map { .rs256($0) }
        case ("EC", "P-256"):
            guard let x, let y else { return nil }
            return (try? ES256PublicKey(parameters: (x, y))).map { .es256($0) }
        case ("OKP", "Ed25519"):
            guard let x else { return nil }
            return (try? EdDSA.PublicKey(x: x, curve: .ed25519)).map { .eddsa($0) }
        case ("oct", _):
            guard let secret = k.flatMap({ Base64URL.bytes($0) }), secret.count >= TokenKey.minimumSecretByteCount
            else { return nil }
            return .hs256(HMACKey(from: secret))
        default: return nil
        }
    }
}
