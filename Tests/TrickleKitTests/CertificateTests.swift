import ChildProcesses
import Testing
import TrickleKit
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// An HTTPS server with a certificate of its own making, from the openssl command.
private final class SecureServer: Sendable {
    private let folder: TemporaryFolder
    let port: Int
    private let process: ChildProcess

    static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"]
        .first { ExecutableSearch.find($0) != nil }

    var certificate: String { folder("certificate.pem") }

    private init(port: Int, folder: TemporaryFolder, process: ChildProcess) {
        (self.port, self.folder, self.process) = (port, folder, process)
    }

    /// A server with a certificate for `host`, as in `DNS:localhost`.
    static func start(host: String) async throws -> SecureServer {
        let folder = TemporaryFolder()
        let making = try await RunningTool.run(
            openssl!,
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", folder("key.pem"), "-out", folder("certificate.pem"), "-days", "2", "-subj", "/CN=test",
                "-addext", "subjectAltName=\(host)",
            ])
        guard making.status.isSuccess else { throw ScriptedServer.Failure(description: making.errors) }
        // Its standard input stays open: it ends with that.
        let process = try ChildProcess(
            ChildCommand(
                openssl!,
                [
                    "s_server", "-accept", "0", "-key", folder("key.pem"), "-cert", folder("certificate.pem"), "-www",
                ]), standardInput: .pipe, standardOutput: .pipe)
        guard let output = process.standardOutput else { preconditionFailure("standard output is a pipe") }
        // It says "ACCEPT 0.0.0.0:PORT" once it listens.
        var lines = LineSplitter()
        for try await piece in try DescriptorReader(output, what: "what openssl says") {
            let accept = lines.receive(piece).first { $0.hasPrefix("ACCEPT") }
            guard let port = accept?.split(separator: ":").last.flatMap({ Int($0.prefix(while: \.isNumber)) }) else {
                continue
            }
            return SecureServer(port: port, folder: folder, process: process)
        }
        throw ScriptedServer.Failure(description: "openssl s_server does not run")
    }

    deinit { process.signalGroup(SIGKILL) }
}

@Suite(
    .enabled(if: SecureServer.openssl != nil, "the openssl command is not installed"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct CertificateTests {
    private func failure(_ url: String, _ configuration: ClientConfiguration) async throws -> TrickleError? {
        do {
            _ = try await Subscriber(relay: RelayURL(url), channel: ChannelName("cam"), configuration: configuration)
                .readAll()
            return nil
        } catch let error as TrickleError {
            return error
        }
    }

    @Test func aCertificateThatNobodyVouchesForIsRefused() async throws {
        let server = try await SecureServer.start(host: "DNS:localhost")
        let error = try await failure("https://localhost:\(server.port)", .unhurried)
        #expect(error?.code == .certificateRefused)
        #expect(error?.message.contains("not trusted") == true)
        #expect(error?.message.contains("(--ca-file)") == true)
        #expect(error?.message.contains("(--insecure)") == true)
    }

    @Test func aCertificateForAnotherHostIsRefused() async throws {
        let server = try await SecureServer.start(host: "DNS:relay.example")
        var configuration = ClientConfiguration.unhurried
        configuration.caFile = server.certificate
        let error = try await failure("https://localhost:\(server.port)", configuration)
        #expect(error?.code == .certificateRefused)
        #expect(error?.message.contains("not for the host 'localhost'") == true)
    }

    @Test func aCertificateOfANamedAuthorityIsAccepted() async throws {
        let server = try await SecureServer.start(host: "DNS:localhost")
        var configuration = ClientConfiguration.unhurried
        configuration.caFile = server.certificate
        // The handshake succeeds, and then it shows that this is no relay.
        #expect(try await failure("https://localhost:\(server.port)", configuration)?.code == .notARelay)
    }

    @Test func anyCertificateIsAcceptedWhereThatIsAskedFor() async throws {
        let server = try await SecureServer.start(host: "DNS:relay.example")
        var configuration = ClientConfiguration.unhurried
        configuration.insecure = true
        #expect(try await failure("https://localhost:\(server.port)", configuration)?.code == .notARelay)
    }

    @Test func aFileOfAuthoritiesThatIsNotThereIsNamed() async throws {
        let server = try await SecureServer.start(host: "DNS:localhost")
        var configuration = ClientConfiguration.unhurried
        configuration.caFile = "/nowhere/authorities.pem"
        let error = try await failure("https://localhost:\(server.port)", configuration)
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains("/nowhere/authorities.pem") == true)
    }

    @Test func plainHTTPOnAnHTTPSPortSaysSo() async throws {
        let server = try ScriptedServer()
        let reading = Task { try await failure("https://127.0.0.1:\(server.port)", .unhurried) }
        let connection = try await server.accept()
        try await connection.send("HTTP/1.1 400 Bad Request\n\n")
        let error = try await reading.value
        #expect(error?.code == .notARelay)
        #expect(error?.message.contains("http://") == true)
    }
}
