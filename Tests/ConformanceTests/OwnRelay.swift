import Logging
import NIOCore
import Synchronization
import TLSListening
import TrickleRelay
import TrickleTesting

/// Our relay in this process, on a free port, with clocks that run fast.
enum OwnRelay {
    /// How the suite speaks to it.
    enum Way: String, CaseIterable {
        case plain = "HTTP/1.1"
        case tls = "HTTP/1.1 over TLS"
        case http2 = "HTTP/2 with prior knowledge"
        case http2OverTLS = "HTTP/2 over TLS"

        var isSecure: Bool { self == .tls || self == .http2OverTLS }
        var isHTTP2: Bool { self == .http2 || self == .http2OverTLS }
    }

    /// - Parameters:
    ///   - fault: what is broken about it.
    ///   - http2Fault: what is broken about its HTTP/2.
    ///   - clockFactor: slows the relay's clocks down.
    ///   - isMounted: whether it is in the server of another program.
    ///   - body: gets the relay's URL, and what the suite has to know about it.
    static func run<Value: Sendable>(
        host: String = "127.0.0.1", path: String = "/", fault: RelayFault? = nil, http2Fault: HTTP2Fault? = nil,
        clockFactor: Int = 1, isMounted: Bool = false, over way: Way = .plain,
        _ body: (_ url: String, _ settings: ConformanceSettings) async throws -> Value
    ) async throws -> Value {
        var settings = ConformanceSettings()
        settings.speaksHTTP2 = way.isHTTP2
        // A sanitizer slows the relay and the suite down, and not the clocks that they have to be in time for.
        let factor = Sanitizer.patienceFactor * clockFactor
        settings.windowDuration = .seconds(2) * factor
        settings.drainDuration = .seconds(2) * factor
        settings.lingerDuration = .seconds(2) * factor
        settings.continueInterval = .seconds(1) * factor
        settings.segmentByteCount = 40 << 20
        settings.windowByteCount = 64 << 20
        settings.longestWait = .seconds(12) * factor
        // Other tests, and builds, may want the machine too.
        settings.patience = .seconds(180) * Sanitizer.patienceFactor
        settings.concurrency /= Sanitizer.patienceFactor

        var configuration = RelayConfiguration()
        configuration.host = host
        configuration.port = 0
        configuration.basePath = BasePath(path)
        configuration.threadCount = 2
        configuration.continueInterval = settings.continueInterval
        configuration.limits.windowCount = settings.windowCount
        configuration.limits.windowDuration = settings.windowDuration
        configuration.limits.drainDuration = settings.drainDuration
        configuration.limits.lingerDuration = settings.lingerDuration
        configuration.limits.idleTimeout = settings.idleTimeout
        configuration.limits.segmentByteCount = 40 << 20
        configuration.limits.windowByteCount = 64 << 20
        fault?.configure(&configuration)

        let logger = Logger(label: "relay") { _ in SwiftLogNoOpLogHandler() }
        let folder = TemporaryFolder()
        if way.isSecure {
            let files = try SelfSignedCertificate.kept(in: folder.path, names: ["localhost", host])
            let certificates = try TLSCertificates(certificate: files.certificate, key: files.key, logger: logger)
            configuration.secure = SecureListener(host: host, port: 0) { certificates.makeHandler() }
            settings.certificateAuthorities = files.certificate
        }
        defer { withExtendedLifetime(folder) {} }
        let breaking: Breaking = { url in
            if let http2Fault { return try FaultyRelay(before: url, fault: http2Fault) }
            return try fault.map { try FaultyRelay(before: url, fault: $0) }
        }
        guard isMounted else {
            let relay = try RelayServer.start(configuration: configuration, logger: logger)
            let url = relay.urls.first { $0.hasPrefix("https:") == way.isSecure }
            return try await use(relay, at: url ?? relay.url, settings, breaking, body)
        }
        let host: @Sendable (any Channel) throws -> Void = {
            try $0.pipeline.syncOperations.addHandler(EchoHandler(status: .notFound))
        }
        return try await HostProgram.with({ $0 = configuration }, logger: logger, host: host) { program in
            try await use(program.relay, at: "http://127.0.0.1:\(program.port)\(path)", settings, breaking, body)
        }
    }

    /// Puts a broken relay before the one at a URL, where it is to be broken.
    fileprivate typealias Breaking = @Sendable (_ url: String) throws -> FaultyRelay?

    /// Runs `body` with the relay, and ends it.
    private static func use<Value: Sendable>(
        _ relay: RelayServer, at url: String, _ settings: ConformanceSettings, _ breaking: @escaping Breaking,
        _ body: (_ url: String, _ settings: ConformanceSettings) async throws -> Value
    ) async throws -> Value {
        var settings = settings
        let end = RelayEnd(relay)
        settings.endRelay = { end.begin() }
        settings.startRelay = { try await start($0, breaking) }
        let value: Result<Value, any Error>
        do {
            if let faulty = try breaking(url) {
                defer { faulty.close() }
                value = .success(try await body(faulty.url, settings))
            } else {
                value = .success(try await body(url, settings))
            }
        } catch {
            value = .failure(error)
        }
        end.begin()
        await end.hasEnded()
        return try value.get()
    }
}

extension OwnRelay {
    /// What the suite says of it.
    ///
    /// On a busy machine the suite may be too late for clocks that run fast: a case that fails is tried once more where they do not.
    static func results(
        host: String = "127.0.0.1", path: String = "/", fault: RelayFault? = nil,
        isMounted: Bool = false, over way: Way = .plain, clockFactor: Int = 1,
        of cases: [ConformanceCase] = ConformanceSuite.allCases
    ) async throws -> [ConformanceReport.Result] {
        func results(of cases: [ConformanceCase], clockFactor: Int) async throws -> [ConformanceReport.Result] {
            try await run(
                host: host, path: path, fault: fault, clockFactor: clockFactor, isMounted: isMounted, over: way
            ) { url, settings in
                try await ConformanceSuite(target: ConformanceTarget(url: url), settings: settings).run(cases).results
            }
        }
        let first = try await results(of: cases, clockFactor: clockFactor)
        let failed = Set(first.filter { $0.outcome == .failed }.map(\.rule))
        if failed.isEmpty { return first }
        return first.filter { !failed.contains($0.rule) }
            + (try await results(of: cases.filter { failed.contains($0.rule) }, clockFactor: 20))
    }

    /// Another relay for one case: the program, with what the case wants it to be told.
    fileprivate static func start(_ setup: RelaySetup, _ breaking: Breaking) async throws -> RelayOnRequest {
        let relay = try await RelayOnRequest.process(setup, program: BuiltTool.path("trickle-server"))
        guard let faulty = try breaking(relay.url) else { return relay }
        return RelayOnRequest(url: faulty.url) {
            faulty.close()
            await relay.end()
        }
    }
}

/// Ends a relay once, whoever asks first.
private final class RelayEnd: Sendable {
    private let relay: RelayServer
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ relay: RelayServer) { self.relay = relay }

    func begin() {
        task.withLock { [relay] task in
            if task == nil { task = Task { await relay.shutDown() } }
        }
    }

    func hasEnded() async {
        await task.withLock { $0 }?.value
    }
}
