import CCrypt
import TrickleCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What is kept of a password: a salted hash in the form of crypt(5), such as `$2b$…` (bcrypt) or `$y$…` (yescrypt).
public struct PasswordHash: Sendable, Equatable {
    /// The hash with its method, its cost and its salt.
    public let text: String

    /// The methods that are slow on purpose, by how their hashes begin, and how many characters they have behind the last `$`. Faster ones
    /// are guessed too fast.
    private static let methods = [
        ("$y$", 43), ("$gy$", 43), ("$7$", 43), ("$2b$", 53), ("$2y$", 53), ("$2a$", 53), ("$6$", 86),
    ]
    /// Bytes of the longest password that is read: bcrypt leaves out what comes behind 72.
    public static let maximumPasswordByteCount = 72

    /// - Returns: nil for what is no hash by a method that is slow on purpose: a plain password, above all.
    public init?(_ text: String) {
        guard let (_, count) = Self.methods.first(where: { text.hasPrefix($0.0) }),
            crypt_checksalt(text) == CRYPT_SALT_OK,
            // The setting alone, without a hash behind it, would fit nothing.
            let hash = text.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false).last,
            hash.count == count, hash.allSatisfy(Self.isDigit)
        else { return nil }
        self.text = text
    }

    private init(unchecked text: String) { self.text = text }

    /// Makes a hash: bcrypt, which all systems know, with 2^`cost` rounds and a new salt.
    ///
    /// - Returns: nil for a password that no hash can tell from others: it is empty, has more than 72 bytes, or a NUL.
    public static func make(from password: String, cost: Int = 10) -> PasswordHash? {
        guard isUsable(password), let setting = crypt_gensalt_ra("$2b$", UInt(cost), nil, 0) else { return nil }
        defer { free(setting) }
        return crypt(password, String(cString: setting)).map(PasswordHash.init(unchecked:))
    }

    /// Whether the password is the one. Takes tens of milliseconds, on purpose: never on an event loop.
    public func fits(_ password: String) -> Bool {
        guard Self.isUsable(password), let hash = Self.crypt(password, text) else { return false }
        return ConstantTime.equal(hash, text)
    }

    /// Whether it is one of the characters that hashes are written with.
    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "/"):
            true
        default: false
        }
    }

    private static func isUsable(_ password: String) -> Bool {
        (1...maximumPasswordByteCount).contains(password.utf8.count) && !password.utf8.contains(0)
    }

    private static func crypt(_ password: String, _ setting: String) -> String? {
        var (data, byteCount) = (UnsafeMutableRawPointer?.none, Int32(0))
        defer { free(data) }
        guard let hash = crypt_ra(password, setting, &data, &byteCount) else { return nil }
        return String(cString: hash)
    }
}
