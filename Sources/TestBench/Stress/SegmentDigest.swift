import CCrypto

/// SHA-256 (FIPS 180-4) of a segment, for comparing what was sent with what came; OpenSSL's.
final class SegmentDigest {
    private let context: OpaquePointer

    init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("OpenSSL has no SHA-256, or there is no memory left")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    func add(_ bytes: [UInt8]) {
        let isAdded = EVP_DigestUpdate(context, bytes, bytes.count)
        precondition(isAdded == 1, "a digest was added to after its end")
    }

    /// The digest of all that was added, in hexadecimal; nothing can be added any more.
    func finish() -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let isFinished = EVP_DigestFinal_ex(context, &digest, &count)
        precondition(isFinished == 1, "a digest was finished twice")
        let digits = Array("0123456789abcdef".utf8)
        let text = digest.prefix(Int(count)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
