import AccessControl
import Endings
import Logging
import TLSListening
import TrickleRelay

extension TrickleServer {
    /// The relay that the options ask for.
    ///
    /// - Throws: ``ToolFailure`` when it does not fit into memory.
    func relayConfiguration(
        _ access: ConfiguredAccess?, _ certificates: TLSCertificates?, _ logger: Logger
    ) throws -> RelayConfiguration {
        var configuration = RelayConfiguration()
        switch addr {
        case .at(let address): (configuration.host, configuration.port) = (address.host, address.port)
        case .nowhere: configuration.listensInTheClear = false
        }
        configuration.secure = certificates.map { tls.listener(showing: $0) }
        configuration.basePath = BasePath(path)
        configuration.access = access
        configuration.coalescing = coalesce.coalescing
        window.apply(to: &configuration)
        limits.apply(to: &configuration)
        browsers.apply(to: &configuration)
        if let notice = browsers.notice { logger.warning("\(notice)") }
        configuration.limits.hasChangefeed = !noChangefeed
        configuration.limits.createsChannels = !noAutocreate
        try MemoryLimit.fit(&configuration, logger)
        return configuration
    }
}
