import Foundation
import Testing
import TrickleKit
import TrickleTesting

/// An HTTPS server with a certificate of its own making, from the openssl command.
private final class SecureServer: @unchecked Sendable {
    let folder: URL
    let port: Int
    private let process: Process
    private let input = Pipe()

    static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    var certificate: String { folder.appendingPathComponent("certificate.pem").path }

    /// - Parameter host: what the certificate is for, as in `DNS:localhost`.
    private init(host: String) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("trickle-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let key = folder.appendingPathComponent("key.pem").path
        let certificate = folder.appendingPathComponent("certificate.pem").path
        let making = Process()
        making.executableURL = URL(fileURLWithPath: Self.openssl!)
        making.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
            "-out", certificate, "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=\(host)",
        ]
        making.standardError = FileHandle.nullDevice
        try making.run()
        making.waitUntilExit()

        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.openssl!)
        process.arguments = ["s_server", "-accept", "0", "-key", key, "-cert", certificate, "-www"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = input
        try process.run()
        // It says "ACCEPT 0.0.0.0:PORT" once it listens.
        var text = ""
        while !text.hasSuffix("\n") || !text.contains("ACCEPT") {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { throw ScriptedServer.Failure(description: "openssl s_server does not run: \(text)") }
            text += String(decoding: data, as: UTF8.self)
        }
        let accept = text.split(separator: "\n").first { $0.hasPrefix("ACCEPT") } ?? ""
        port = Int(accept.split(separator: ":").last?.prefix { $0.isNumber } ?? "") ?? 0
    }

    /// A server for `host`, started away from the threads of Swift's tasks.
    static func start(host: String) async throws -> SecureServer {
        try await blocking { try SecureServer(host: host) }
    }

    deinit {
        // SIGTERM may be blocked in what a thread of Swift's tasks has started.
        kill(process.processIdentifier, SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }
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
        let error = try await failure("https://localhost:\(server.port)", .init())
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
        let reading = Task { try await failure("https://127.0.0.1:\(server.port)", .init()) }
        let connection = try await server.accept()
        try await connection.send("HTTP/1.1 400 Bad Request\n\n")
        let error = try await reading.value
        #expect(error?.code == .notARelay)
        #expect(error?.message.contains("http://") == true)
    }
}
