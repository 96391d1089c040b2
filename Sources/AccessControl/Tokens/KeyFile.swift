import ChildProcesses
import JWTKit

/// Reads files with keys.
enum KeyFile {
    /// - Throws: why there is nothing to read.
    static func bytes(of path: String) throws(TokenKeyMistake) -> [UInt8] {
        let bytes: [UInt8]
        do { bytes = try OwnedDescriptor.contents(ofFile: path, upTo: TokenKeySet.maximumByteCount + 1) } catch {
            throw TokenKeyMistake("cannot read the key file '\(path)': is the name right, and may this user read it?")
        }
        guard bytes.count <= TokenKeySet.maximumByteCount else {
            throw TokenKeyMistake("\(path) is larger than 1 MiB: is it a key?")
        }
        return bytes
    }

    /// Whether it begins like an object of JSON's.
    static func isJSON(_ document: [UInt8]) -> Bool {
        document.first { $0 != 0x20 && !(0x09...0x0D).contains($0) } == UInt8(ascii: "{")
    }

    /// A secret, without the line end that editors put behind it.
    static func secret(_ document: [UInt8], name: String) throws(TokenKeyMistake) -> HMACKey {
        var secret = document[...]
        if secret.last == 0x0A { secret.removeLast() }
        if secret.last == 0x0D { secret.removeLast() }
        guard secret.count >= TokenKey.minimumSecretByteCount else {
            throw TokenKeyMistake(
                "the secret in \(name) has \(secret.count) bytes, and HS256 needs \(TokenKey.minimumSecretByteCount): make one with 'trickle-token --new-secret'"
            )
        }
        return HMACKey(from: secret)
    }
}
