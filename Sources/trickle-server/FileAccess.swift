import AccessControl
import Logging
import Restreaming

/// The configuration file while the relay runs: read again, it has other rules or none, other limits, other channels.
struct FileAccess: Sendable {
    let file: ConfigurationFile
    let policy: ConfiguredAccess
    private let factories: AccessFactories
    private let needsRules: Bool
    private let logger: Logger

    /// - Parameter needsRules: Whether a file without rules is a mistake.
    init(_ file: ConfigurationFile, _ factories: AccessFactories, needsRules: Bool, logger: Logger) {
        self.file = file
        policy = ConfiguredAccess(file.access)
        self.factories = factories
        self.needsRules = needsRules
        self.logger = logger
        tellRules(of: file)
    }

    private func tellRules(of file: ConfigurationFile) {
        guard let rules = file.access else { return }
        logger.info("\(file.path): \(rules.rules.count) rules say who may do what")
    }

    /// Reads the file again. Its limits count from now on, and its rules, also for what is under way.
    ///
    /// - Parameter running: What counts by the file's limits from now on.
    /// - Returns: The channels. Options of the relay that have changed are logged, because they need a restart.
    /// - Throws: ``ToolFailure`` when there are mistakes; then all stays as it is.
    func reread(_ running: RunningLimits) throws -> RestreamConfiguration {
        let new = try ConfigurationFile(file.path, factories: factories) { logger.error("\($0)") }
        if needsRules { try ConfigurationFile.checkHasRules(new.access) }
        let taken = running.take(try new.limits())
        if !taken.isEmpty {
            logger.notice("\(file.path): the relay goes by \(taken.joined(separator: ", ")) from now on")
        }
        let wasOpen = policy.isOpen
        policy.replace(with: new.access)
        tellRules(of: new)
        if new.access != nil {
            if wasOpen { logger.notice("what no rule allows is refused from now on") }
        } else if !wasOpen {
            logger.warning(
                "\(file.path) has no section 'access' any longer: from now on, anybody may publish, read and delete everything"
            )
        }
        let changed = file.options(changedIn: new).filter { !RunningLimits.options.contains($0) }.map { "'\($0)'" }
            .joined(separator: ", ")
        if !changed.isEmpty {
            logger.warning("\(file.path): \(changed) changed; the relay goes on as it was, restart it for that")
        }
        return new.contents
    }
}
