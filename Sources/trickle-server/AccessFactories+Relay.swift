import AccessControl
import Logging

extension AccessFactories {
    /// What this program checks and asks.
    static func relay(_ logger: Logger) -> AccessFactories {
        AccessFactories(
            verifier: { try TokenKeys($0, logger: logger) }, hook: { try AccessHook($0, logger: logger) })
    }
}
