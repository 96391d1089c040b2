import Crypto

/// What stands for a secret where it is looked up: HMAC-SHA256 (RFC 2104) with a key that only this process has.
///
/// A table finds a secret in a time that may tell how much of two digests is alike. Without the key nobody can tell what a guess's digest will be,
/// nor steer it: so that time says nothing about the secret, as a comparison in constant time would not. What is kept is no secret either.
struct SecretDigest: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    fileprivate init(_ code: HMAC<SHA256>.MAC) {
        words = code.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
    }

    static func == (one: SecretDigest, other: SecretDigest) -> Bool { one.words == other.words }

    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    /// A place among several, always the same for a digest.
    func place(among count: Int) -> Int { Int(words.0 % UInt64(count)) }

    /// Makes digests with a key of its own.
    struct Key: Sendable {
        /// With the key taken in: that is half of the work, and all digests begin with a copy of it.
        private let prepared = HMAC<SHA256>(key: SymmetricKey(size: .bits256))

        func digest(of secret: PresentedSecret) -> SecretDigest {
            var code = prepared
            switch secret {
            case .token(let token): code.update("t", token)
            // A name has no colon (RFC 7617, section 2).
            case .password(let user, let password): code.update("u", user, ":", password)
            }
            return SecretDigest(code.finalize())
        }

        /// Of several texts, of which some may be missing.
        func digest(of texts: [String?]) -> SecretDigest {
            var code = prepared
            // Their lengths stand before them, so that no two lists are one.
            for text in texts { code.update("\(text?.utf8.count ?? -1):", text ?? "") }
            return SecretDigest(code.finalize())
        }
    }
}

extension HMAC<SHA256> {
    fileprivate mutating func update(_ texts: String...) {
        for var text in texts { text.withUTF8 { update(data: UnsafeRawBufferPointer($0)) } }
    }
}
