import Logging
import TrickleRelay
import TrickleTesting

/// Our relay in this process, on a free port, with clocks that run fast.
enum OwnRelay {
    /// What the whole suite finds.
    static func report() async throws -> ConformanceReport {
        try await run { url, settings in
            let target = try ConformanceTarget(url: url)
            return try await ConformanceSuite(target: target, settings: settings).run()
        }
    }

    static func run<Value: Sendable>(
        host: String = "127.0.0.1", path: String = "/",
        _ body: (_ url: String, _ settings: ConformanceSettings) async throws -> Value
    ) async throws -> Value {
        var settings = ConformanceSettings()
        settings.windowDuration = .seconds(2)
        settings.drainDuration = .seconds(2)
        settings.idleTimeout = .seconds(8)
        settings.segmentByteCount = 40 << 20
        settings.windowByteCount = 64 << 20
        settings.longestWait = .seconds(12)

        var configuration = RelayConfiguration()
        configuration.host = host
        configuration.port = 0
        configuration.basePath = BasePath(path)
        configuration.limits.windowCount = settings.windowCount
        configuration.limits.windowDuration = settings.windowDuration
        configuration.limits.drainDuration = settings.drainDuration
        configuration.limits.idleTimeout = settings.idleTimeout
        configuration.limits.segmentByteCount = 40 << 20
        configuration.limits.windowByteCount = 64 << 20
        configuration.threadCount = 2
        let logger = Logger(label: "relay") { _ in SwiftLogNoOpLogHandler() }
        let relay = try RelayServer.start(configuration: configuration, logger: logger)
        do {
            let value = try await body(relay.url, settings)
            await relay.shutDown()
            return value
        } catch {
            await relay.shutDown()
            throw error
        }
    }
}
