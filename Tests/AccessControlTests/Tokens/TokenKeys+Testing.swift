import Logging
import TrickleTesting

@testable import AccessControl

extension TokenKeys {
    /// Keys of a file of `Keys/`, at a time of the test's choice.
    convenience init(
        file: String, audience: String? = nil, algorithm: JWTSettings.Algorithm? = nil, now: Double = 1_000
    ) throws {
        let settings = JWTSettings(.file(file), audience: audience, algorithm: algorithm)
        try self.init(settings, logger: LogLines().logger, clock: AccessClock(secondsSince1970: { now }))
    }

    /// What is wrong with a token; nil for one that counts.
    func problem(with token: String) async -> TokenProblem? {
        do throws(TokenProblem) {
            _ = try await claims(of: token)
            return nil
        } catch { return error }
    }
}

/// What is wrong with the keys of a file.
func mistake(_ file: String, algorithm: JWTSettings.Algorithm? = nil) -> String? {
    mistake(.file(file), algorithm: algorithm)
}

func mistake(_ keys: JWTSettings.Keys, algorithm: JWTSettings.Algorithm? = nil) -> String? {
    do throws(TokenKeyMistake) {
        _ = try TokenKeys(JWTSettings(keys, algorithm: algorithm), logger: LogLines().logger)
        return nil
    } catch { return error.description }
}
