import ChildProcesses
import TLSListening
import Testing
import TrickleTesting

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Clients of this package with a relay of this package, over TLS.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct TLSClientTests {
    private let folder = TemporaryFolder()

    /// Runs a tool with a line on its standard input.
    private func run(_ tool: String, _ arguments: [String]) async throws -> ToolResult {
        TemporaryFolder.write("hello\n".utf8, to: folder("input"))
        let file = OwnedDescriptor(open(folder("input"), O_RDONLY))
        return try await RunningTool(
            tool, arguments, directory: folder.path, standardInput: .descriptor(file.rawValue)
        ).finish()
    }

    @Test func `what is published is read, by those who are told of the certificate`() async throws {
        try await SecureRelay.with { relay in
            let common = ["cam", "--url", relay.url, "--ca-file", relay.certificate]
            let published = try await run("publish-pipe", common + ["--keep-open"])
            #expect(published.status.isSuccess, "\(published.errors)")
            let piped = try await run("read2pipe", common + ["--from", "0", "--segments", "1"])
            #expect(piped.outputText == "hello\n", "\(piped.errors)")
            let written = try await run(
                "subscriber-example", common + ["--from", "0", "--segments", "1", "--out", folder("out")])
            #expect(written.status.isSuccess, "\(written.errors)")
            #expect(folder.names(in: "out").count == 1)
        }
    }

    @Test(arguments: ["publish-pipe", "read2pipe", "subscriber-example"])
    func `without it, one line says what to do`(tool: String) async throws {
        try await SecureRelay.with { relay in
            let result = try await run(tool, ["cam", "--url", relay.url])
            #expect(result.status == .exited(1))
            #expect(result.errorLines.filter { $0.contains("error: ") }.count == 1, "\(result.errors)")
            #expect(
                result.errors.contains("the certificate of \(relay.url) is not trusted (")
                    && result.errors.contains("): name its authority with a CA file (--ca-file), or"),
                "\(result.errors)")
        }
    }

    @Test func `a certificate for another name is told as that`() async throws {
        try await SecureRelay.with(try SelfSignedCertificate(names: ["other.example"])) { relay in
            let result = try await run("read2pipe", ["cam", "--url", relay.url, "--ca-file", relay.certificate])
            #expect(result.status == .exited(1))
            #expect(
                result.errors.contains("the certificate of \(relay.url) is not for the host 'localhost': use the name"),
                "\(result.errors)")
        }
    }

    @Test(.enabled(if: OpenSSL.isInstalled, "openssl is not installed"))
    func `one that has expired meanwhile is told as that`() async throws {
        let expired = try SelfSignedCertificate(names: ["localhost"], now: Date(timeIntervalSinceNow: -100 * 86_400))
        SecureRelay.put(expired, in: folder)
        let port = try FreePort.take()
        // A relay would not start with it.
        let server = try RunningTool(
            "openssl",
            [
                "s_server", "-www", "-accept", "127.0.0.1:\(port)", "-cert", folder("fullchain.pem"), "-key",
                folder("privkey.pem"),
            ])
        #expect(await server.hasWritten(atLeast: "ACCEPT".utf8.count))
        let url = "https://localhost:\(port)"
        let result = try await run("read2pipe", ["cam", "--url", url, "--ca-file", folder("fullchain.pem")])
        #expect(result.status == .exited(1))
        #expect(
            result.errors.contains("the certificate of \(url) has expired: renew it on the relay"), "\(result.errors)")
        server.process.signalGroup(SIGKILL)
    }

    @Test func `https to a port that has none`() async throws {
        try await SecureRelay.with(nil, plainAddress: "127.0.0.1:0") { relay in
            let url = relay.process.url.replacing("http://", with: "https://")
            let result = try await run("read2pipe", ["cam", "--url", url])
            #expect(result.status == .exited(1))
            #expect(
                result.errors.contains("does not speak TLS as expected")
                    && result.errors.contains("is it an http:// address?"), "\(result.errors)")
        }
    }

    @Test func `http to a port that wants TLS`() async throws {
        try await SecureRelay.with { relay in
            let result = try await run(
                "read2pipe", ["cam", "--url", "http://127.0.0.1:\(relay.port)", "--wait", "1s"])
            #expect(result.status == .exited(1))
            #expect(result.errors.contains("is it an https:// address?"), "\(result.errors)")
        }
    }
}
