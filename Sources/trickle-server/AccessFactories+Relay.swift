import AccessControl
import Logging
import Synchronization

extension AccessFactories {
    /// What this program checks and asks.
    ///
    /// Key sets behind URLs stay with it when the file is read again: while their server is away, the last keys count.
    static func relay(_ logger: Logger) -> AccessFactories {
        let fetched = FetchedKeys()
        return AccessFactories(
            verifier: { settings in
                guard case .url = settings.keys else { return try TokenKeys(settings, logger: logger) }
                return try fetched.keys(settings) { try TokenKeys(settings, logger: logger) }
            }, hook: { try AccessHook($0, logger: logger) })
    }
}

/// Key sets behind URLs, each fetched once for all rules that name it.
private final class FetchedKeys: Sendable {
    private let keys = Mutex<[JWTSettings: TokenKeys]>([:])

    func keys(_ settings: JWTSettings, make: () throws -> TokenKeys) throws -> TokenKeys {
        try keys.withLock { keys in
            if let known = keys[settings] { return known }
            let new = try make()
            keys[settings] = new
            return new
        }
    }
}
