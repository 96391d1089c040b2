import JWTKit
import TrickleTesting

@testable import AccessControl

/// The keys in `Keys/`: a private one that signs tokens, and the file that they are checked by.
enum TestKey: CaseIterable {
    case hs256, rs256, es256, eddsa

    var algorithm: JWTSettings.Algorithm {
        switch self {
        case .hs256: .hs256
        case .rs256: .rs256
        case .es256: .es256
        case .eddsa: .edDSA
        }
    }

    static func file(_ name: String) -> String { "\(BuiltTool.packageRoot)/Tests/AccessControlTests/Keys/\(name)" }

    static func text(_ name: String) -> String {
        String(decoding: TemporaryFolder.contents(of: file(name))!, as: UTF8.self)
    }

    /// What signs.
    var privateFile: String {
        switch self {
        case .hs256: Self.file("secret.txt")
        case .rs256: Self.file("rsa-private.pem")
        case .es256: Self.file("ec-private.pem")
        case .eddsa: Self.file("ed-private.pem")
        }
    }

    /// What checks.
    var publicFile: String {
        switch self {
        case .hs256: Self.file("secret.txt")
        case .rs256: Self.file("rsa-public.pem")
        case .es256: Self.file("ec-public.pem")
        case .eddsa: Self.file("ed-public.pem")
        }
    }

    /// Its public half as an element of a key set.
    func jwk(id: String? = nil, _ more: String = "") throws -> String {
        let text = String(decoding: TemporaryFolder.contents(of: publicFile)!, as: UTF8.self)
        let fields =
            switch self {
            case .hs256: #""kty": "oct", "k": "\#(Base64URL.text(text.dropLast().utf8))""#
            case .rs256: try rsaFields(text)
            case .es256: try ecFields(text)
            case .eddsa:
                try
                    #""kty": "OKP", "crv": "Ed25519", "x": "\#(Base64URL.text(EdDSA.PublicKey(pem: text).rawRepresentation))""#
            }
        let name = id.map { #", "kid": "\#($0)""# } ?? ""
        return "{\(fields)\(name)\(more)}"
    }

    private func rsaFields(_ pem: String) throws -> String {
        let (n, e) = try Insecure.RSA.PublicKey(pem: pem).getKeyPrimitives()
        return #""kty": "RSA", "n": "\#(Base64URL.text(n))", "e": "\#(Base64URL.text(e))""#
    }

    private func ecFields(_ pem: String) throws -> String {
        let parameters = try ES256PublicKey(pem: pem).parameters!
        let (x, y) = (Self.forURL(parameters.x), Self.forURL(parameters.y))
        return #""kty": "EC", "crv": "P-256", "x": "\#(x)", "y": "\#(y)""#
    }

    private static func forURL(_ base64: String) -> String {
        base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
