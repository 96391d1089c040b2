#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A JSON Web Signature in its compact form (RFC 7515, section 3.1), of which nothing is checked yet but its form.
struct SignedToken: Sendable {
    /// Bytes of the longest token that is read.
    static let maximumByteCount = 8 << 10

    /// `alg`.
    let algorithm: String
    /// `kid`.
    let keyID: String?
    let payload: [UInt8]
    let signature: [UInt8]
    /// What the signature is over.
    let signedBytes: [UInt8]

    /// What counts in a head. Where a head says that its key is to be had from somewhere (`jku`, `jwk`, `x5u`, `x5c`), nobody listens.
    private struct Header: Decodable {
        var alg: String
        var kid: String?
        var critical: Bool

        enum Key: String, CodingKey { case alg, kid, crit }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            alg = try fields.decode(String.self, forKey: .alg)
            kid = try fields.contains(.kid) ? fields.decode(String.self, forKey: .kid) : nil
            critical = fields.contains(.crit)
        }
    }

    init(_ text: String) throws(TokenProblem) {
        guard text.utf8.count <= Self.maximumByteCount else { throw TokenProblem("the token is longer than 8 KiB") }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else {
            throw TokenProblem("the token has not the three parts of a signed JWT")
        }
        guard let head = Base64URL.bytes(parts[0]), let payload = Base64URL.bytes(parts[1]),
            let signature = Base64URL.bytes(parts[2])
        else { throw TokenProblem("the token is not in base64url") }
        guard let header = try? JSONDecoder().decode(Header.self, from: Data(head)) else {
            throw TokenProblem("the token's header cannot be read")
        }
        // Which extensions it means does not matter: this understands none (RFC 7515, section 4.1.11).
        guard !header.critical else {
            throw TokenProblem("the token needs extensions ('crit') that are not known here")
        }
        algorithm = header.alg
        keyID = header.kid
        self.payload = payload
        self.signature = signature
        signedBytes = Array("\(parts[0]).\(parts[1])".utf8)
    }
}
