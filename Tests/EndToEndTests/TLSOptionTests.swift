import ChildProcesses
import TLSListening
import Testing
import TrickleTesting

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is typed for TLS, and what is told of mistakes in it.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct TLSOptionTests {
    private let folder = TemporaryFolder()

    private static let mistakes: [([String], String)] = [
        (["--tls-key", "k"], "--tls-key needs --tls-cert"),
        (["--tls-cert", "c"], "--tls-cert needs --tls-key"),
        (
            ["--tls-cert", "c", "--tls-key", "k", "--tls-self-signed"],
            "--tls-self-signed makes a certificate: leave out --tls-cert and --tls-key"
        ),
        (
            ["--tls-addr", ":2943"],
            "--tls-addr needs --tls-cert and --tls-key, or --tls-self-signed for tries"
        ),
        (["--addr", "none"], "--addr none needs TLS: --tls-cert and --tls-key, or --tls-self-signed"),
    ]

    @Test(arguments: mistakes)
    func `options that do not fit are told in one line`(_ mistake: (arguments: [String], line: String)) async throws {
        let result = try await RunningTool.run("trickle-server", mistake.arguments)
        #expect(result.status == .exited(2))
        #expect(
            result.errorLines.count == 1 && result.errors.contains("error: \(mistake.line) (see"), "\(result.errors)")
    }

    @Test func `a certificate that cannot be used is told, also to those who only check`() async throws {
        let pair = try SelfSignedCertificate(names: ["localhost"], now: Date(timeIntervalSinceNow: -100 * 86_400))
        SecureRelay.put(pair, in: folder)
        let yaml = """
            relay:
              addr: none
              tls-addr: 127.0.0.1:0
              tls-cert: \(folder("fullchain.pem"))
              tls-key: \(folder("privkey.pem"))
            """
        TemporaryFolder.write(yaml.utf8, to: folder("relay.yaml"))
        for arguments in [["--check"], []] {
            let result = try await RunningTool.run("trickle-server", ["--config", folder("relay.yaml")] + arguments)
            #expect(result.status == .exited(1))
            #expect(result.errorLines.count == 1, "\(result.errors)")
            #expect(
                result.errors.hasPrefix(
                    "trickle-server: error: the certificate in '\(folder("fullchain.pem"))' has expired, on 20"),
                "\(result.errors)")
        }
    }

    @Test(.needsCurl) func `the file of the configuration may have them`() async throws {
        SecureRelay.put(try SelfSignedCertificate(names: ["localhost"]), in: folder)
        let yaml = """
            relay:
              addr: none
              tls-addr: 127.0.0.1:0
              tls-cert: \(folder("fullchain.pem"))
              tls-key: \(folder("privkey.pem"))
            """
        TemporaryFolder.write(yaml.utf8, to: folder("relay.yaml"))
        let relay = try await RelayProcess.start(
            ChildCommand(BuiltTool.path("trickle-server"), ["--config", folder("relay.yaml")]))
        let url = "https://localhost:\(try await relay.securePort())/_channels"
        let result = try await RunningTool.run("curl", ["-sS", "--cacert", folder("fullchain.pem"), url])
        #expect(result.status.isSuccess, "\(result.errors)")
        // It listens there alone.
        #expect(!relay.hasSaid("http://"))
        await relay.stop()
    }

    @Test(.needsCurl) func `both addresses have the same channels`() async throws {
        try await SecureRelay.with(nil, plainAddress: "127.0.0.1:0") { relay in
            let posted = try await relay.curl("-f", "-X", "POST", "-d", "hello", "\(relay.process.url)/talk/0")
            #expect(posted.status.isSuccess, "\(posted.errors)")
            #expect(try await relay.curl("\(relay.url)/talk/0").outputText == "hello")
        }
    }

    @Test(.needsCurl) func `a certificate for tries is the same in the next run`() async throws {
        let file = folder("trickle/self-signed.pem")
        var seen: Set<[UInt8]> = []
        for _ in 0..<2 {
            let relay = try await RelayProcess.start(
                ChildCommand(
                    BuiltTool.path("trickle-server"),
                    ["--addr", "none", "--tls-addr", "127.0.0.1:0", "--tls-self-signed"],
                    environment: ["XDG_STATE_HOME": folder.path]))
            let port = try await relay.securePort()
            #expect(relay.hasSaid("clients trust it so: curl --cacert \(file), or --ca-file \(file)"))
            for host in ["localhost", "127.0.0.1"] {
                let result = try await RunningTool.run(
                    "curl", ["-sS", "--cacert", file, "https://\(host):\(port)/_channels"])
                #expect(result.status.isSuccess, "\(result.errors)")
            }
            await relay.stop()
            seen.insert(TemporaryFolder.contents(of: file) ?? [])
        }
        #expect(seen.count == 1)
    }

    @Test func `where no certificate can be kept, one line says so`() async throws {
        TemporaryFolder.write([], to: folder("state"))
        let result = try await RunningTool.run(
            "trickle-server", ["--addr", "none", "--tls-self-signed"], environment: ["XDG_STATE_HOME": folder("state")])
        #expect(result.status == .exited(1))
        #expect(result.errorLines.count == 1)
        #expect(
            result.errors.hasPrefix(
                "trickle-server: error: cannot write a certificate to '\(folder("state"))/trickle': "),
            "\(result.errors)")
    }
}
