import JWTKit

@testable import AccessControl

/// Tokens that are made of texts, so that they can be anything.
enum TestToken {
    /// What a token says that may publish `cam` for ever.
    static let payload = #"{"trickle": {"publish": ["cam"]}}"#

    /// - Parameters:
    ///   - header: nil for the one that goes with the key.
    ///   - secret: signs by HS256 instead of by the key.
    static func make(
        _ key: TestKey = .hs256, header: String? = nil, payload: String = payload, secret: String? = nil
    ) async throws -> String {
        let header = header ?? #"{"alg": "\#(key.algorithm)", "typ": "JWT"}"#
        let signed = "\(Base64URL.text(header.utf8)).\(Base64URL.text(payload.utf8))"
        let signature = try await algorithm(key, secret: secret).sign(Array(signed.utf8))
        return "\(signed).\(Base64URL.text(signature))"
    }

    private static func algorithm(_ key: TestKey, secret: String?) async throws -> any JWTAlgorithm {
        let collection = JWTKeyCollection()
        let text = String(decoding: try KeyFile.bytes(of: key.privateFile), as: UTF8.self)
        switch key {
        case _ where secret != nil: await collection.add(hmac: HMACKey(from: secret!), digestAlgorithm: .sha256)
        case .hs256: await collection.add(hmac: HMACKey(from: text.dropLast()), digestAlgorithm: .sha256)
        case .rs256: try await collection.add(rsa: Insecure.RSA.PrivateKey(pem: text), digestAlgorithm: .sha256)
        case .es256: try await collection.add(ecdsa: ES256PrivateKey(pem: text))
        case .eddsa: try await collection.add(eddsa: EdDSA.PrivateKey(pem: text))
        }
        return try await collection.getKey()
    }
}
