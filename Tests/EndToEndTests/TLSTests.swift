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

/// A relay that listens for TLS, and clients of the field.
@Suite(.needsCurl, .timeLimit(.minutes(TestLimit.minutes))) struct TLSTests {
    private let folder = TemporaryFolder()
    private var openssl: OpenSSL { OpenSSL(in: folder) }

    private static let needsOpenSSL = ConditionTrait.enabled(if: OpenSSL.isInstalled, "openssl is not installed")

    @Test(needsOpenSSL, arguments: OpenSSL.KeyKind.allCases.filter { $0 != .p521 })
    func `clients connect, whatever key the certificate has`(kind: OpenSSL.KeyKind) async throws {
        let key = try await openssl.key("key", kind)
        let certificate = try await openssl.root("own", key: key)
        try await RelayProcess.with(
            ["--tls-addr", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key], address: "none"
        ) { relay in
            let url = "https://localhost:\(try await relay.securePort())/_channels"
            let result = try await RunningTool.run("curl", ["-sS", "--cacert", certificate, url])
            #expect(result.outputText.hasPrefix("{\"channels\":[]"), "\(result.errors)")
        }
    }

    @Test func `the cookie with a token comes back with TLS only, if TLS brought it`() async throws {
        let file = folder("relay.yaml")
        TemporaryFolder.write("access:\n  - {allow: all, to: {token: some-long-token-of-a-test}}\n".utf8, to: file)
        try await SecureRelay.with(nil, ["--config", file], plainAddress: "127.0.0.1:0") { relay in
            let cookie = "set-cookie: trickle-token=some-long-token-of-a-test; Path=/; HttpOnly; SameSite=Strict"
            for (url, version, ending) in [
                (relay.url, "--http2", "; Secure"), (relay.url, "--http1.1", "; Secure"),
                (relay.process.url, "--http1.1", ""), (relay.process.url, "--http2-prior-knowledge", ""),
            ] {
                let answer = try await relay.curl(
                    version, "-o", folder("page"), "-D", "-", "-H", "Accept: text/html",
                    "\(url)/?token=some-long-token-of-a-test")
                let line = answer.outputText.split(whereSeparator: \.isNewline)
                    .first { $0.lowercased().hasPrefix("set-cookie:") }
                #expect(
                    line?.lowercased() == (cookie + ending).lowercased(), "\(url) \(version): \(answer.outputText)")
            }
        }
    }

    @Test(.enabled(if: BuiltTool.isInstalled("h2load"), "h2load is not installed"))
    func `a hundred streams at once get all that they ask for`() async throws {
        try await SecureRelay.with { relay in
            TemporaryFolder.write(Array(repeating: UInt8(ascii: "x"), count: 300_000), to: folder("segment"))
            let posted = try await relay.curl("-T", folder("segment"), "-X", "POST", "\(relay.url)/kept/0")
            try #require(posted.status.isSuccess, "\(posted.errors)")
            let paths = ["kept/0", "", "_channels", "kept/next", "_api/channels"]
            TemporaryFolder.write(paths.map { "\(relay.url)/\($0)\n" }.joined().utf8, to: folder("urls"))
            let run = try await RunningTool.run(
                "h2load", ["-n", "200", "-c", "4", "-m", "25", "-H", "Accept: text/html", "-i", folder("urls")])
            #expect(
                run.outputText.contains("200 done, 200 succeeded, 0 failed, 0 errored, 0 timeout"),
                "\(run.outputText)\(run.errors)")
            #expect(run.outputText.contains("Application protocol: h2"))
        }
    }

    @Test(needsOpenSSL) func `a client needs only the root of a chain`() async throws {
        let rootKey = try await openssl.key("root.key")
        let root = try await openssl.root("root", key: rootKey)
        let middleKey = try await openssl.key("middle.key")
        let middle = try await openssl.certificate("middle", key: middleKey, for: nil, issuer: (root, rootKey))
        let key = try await openssl.key("own.key")
        let own = try await openssl.certificate("own", key: key, for: "localhost", issuer: (middle, middleKey))
        let chain = [own, middle].flatMap { TemporaryFolder.contents(of: $0) ?? [] }
        TemporaryFolder.write(chain, to: folder("chain"))
        try await RelayProcess.with(
            ["--tls-addr", "127.0.0.1:0", "--tls-cert", folder("chain"), "--tls-key", key], address: "none"
        ) { relay in
            let port = try await relay.securePort()
            let url = "https://localhost:\(port)/_channels"
            let curl = try await RunningTool.run("curl", ["-sS", "--cacert", root, url])
            #expect(curl.status.isSuccess, "\(curl.errors)")
            let client = try await openssl.run([
                "s_client", "-connect", "localhost:\(port)", "-CAfile", root, "-verify_return_error", "-brief",
            ])
            #expect(client.errors.contains("Verification: OK"), "\(client.errors)")
        }
    }

    @Test(needsOpenSSL, arguments: ["1", "1_1", "1_2", "1_3"])
    func `TLS 1.2 and 1.3 are spoken, and nothing older`(version: String) async throws {
        try await SecureRelay.with { relay in
            // By default openssl itself would refuse what is old.
            let client = try await RunningTool.run(
                "openssl",
                [
                    "s_client", "-connect", "localhost:\(relay.port)", "-CAfile", relay.certificate, "-tls\(version)",
                    "-cipher", "DEFAULT@SECLEVEL=0", "-brief",
                ])
            if version.count == 3, version != "1_1" {
                #expect(
                    client.errors.contains("Protocol version: TLSv\(version.replacing("_", with: "."))"),
                    "\(client.errors)")
            } else {
                // The relay's alert.
                #expect(client.errors.contains("alert protocol version"), "\(client.errors)")
            }
        }
    }

    @Test func `SIGHUP brings the new certificate, and those who are connected go on`() async throws {
        try await SecureRelay.with { relay in
            let old = relay.folder("old.pem")
            TemporaryFolder.write(TemporaryFolder.contents(of: relay.certificate) ?? [], to: old)
            let url = "\(relay.url)/cam/0"
            let publisher = try RunningTool(
                "curl", ["-sSN", "--cacert", old, "-T", "-", "-X", "POST", url], standardInput: .pipe)
            let input = try #require(publisher.process.standardInput)
            #expect(write(input.rawValue, "some bytes", 10) == 10)
            try await until {
                try await relay.curl("-o", "/dev/null", "-w", "%{http_code}", "\(relay.url)/cam/next").outputText
                    == "200"
            }
            let reader = try RunningTool("curl", ["-sSN", "--cacert", old, url])
            #expect(await reader.hasWritten(atLeast: 10))

            SecureRelay.put(try SelfSignedCertificate(names: ["localhost"]), in: relay.folder)
            relay.process.process.signalGroup(SIGHUP)
            try await until { relay.process.hasSaid("new connections get the certificate that is in") }
            #expect(try await relay.curl("\(relay.url)/_channels").status.isSuccess)
            #expect(try await relay.curl("\(relay.url)/_channels", trusting: old).status == .exited(60))

            // Byte for byte, over the connections from before.
            #expect(write(input.rawValue, "more bytes", 10) == 10)
            #expect(await reader.hasWritten(atLeast: 20))
            publisher.process.standardInput?.close()
            #expect(try await publisher.finish().status.isSuccess)
            let read = try await reader.finish()
            #expect(read.status.isSuccess && read.outputText == "some bytesmore bytes", "\(read.errors)")
        }
    }

    @Test func `who does not speak TLS, or stops in the middle of it, is gone without a word in the log`() async throws
    {
        try await SecureRelay.with(nil, ["--metrics", "127.0.0.1:0", "--head-timeout", "1s"]) { relay in
            let plain = try await RunningTool.run("curl", ["-sS", "http://127.0.0.1:\(relay.port)/_channels"])
            #expect(plain.status == .exited(52) || plain.status == .exited(56), "\(plain.errors)")
            let hello = "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}\u{00}\u{01}"
            for (bytes, leaves) in [
                ("hello, is this a relay?\r\n\r\n", false), (hello, true), (hello, false), ("", false),
            ] {
                try await PlainClient.with(port: relay.port) { client in
                    if !bytes.isEmpty { try await client.send(bytes) }
                    // Unless the client goes, it is the relay that ends the connection.
                    if !leaves { #expect(!(await client.rest()).contains("HTTP")) }
                }
            }
            try await relay.isLeft()
            #expect(!relay.process.hasSaid("TLS") && !relay.process.hasSaid("error"))
        }
    }

    @Test func `at the level of debugging, a handshake that failed is told`() async throws {
        try await SecureRelay.with(nil, ["--verbose"]) { relay in
            _ = try await RunningTool.run("curl", ["-sS", "http://127.0.0.1:\(relay.port)/_channels"])
            try await until { relay.process.hasSaid("a handshake of TLS failed: ") }
        }
    }

    @Test func `the metrics tell when the certificate expires`() async throws {
        try await SecureRelay.with(nil, ["--metrics", "127.0.0.1:0"]) { relay in
            let metrics = try await RunningTool.run("curl", ["-sS", relay.process.metricsURL ?? ""]).outputText
            let name = "\ntrickle_tls_certificate_expires{file=\"\(relay.certificate)\"} "
            let value = metrics.split(separator: name, maxSplits: 1).last.flatMap { Double($0.prefix { $0 != "\n" }) }
            let days = (value ?? 0).distance(to: Date().timeIntervalSince1970) / -86_400
            #expect((89...90.001).contains(days), "\(metrics.contains("tls_certificate")) \(days)")
        }
    }

    @Test(.needsFFmpeg) func `players and browsers get all that the gateway has, with links that stay with TLS`()
        async throws
    {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip)
        try await SecureRelay.with { relay in
            let publisher = try RunningTool(
                "publish-file", [clip, "cam", "--url", relay.url, "--ca-file", relay.certificate, "--loop"])
            try await until { try await relay.curl("-f", "\(relay.url)/cam/index.m3u8").status.isSuccess }
            let page = try await relay.curl("-f", "-H", "Accept: text/html", "\(relay.url)/")
            #expect(page.outputText.contains("<html"), "\(page.errors)")
            for list in ["index.m3u8", "master.m3u8"] {
                let text = try await relay.curl("-fL", "\(relay.url)/cam/\(list)").outputText
                #expect(text.hasPrefix("#EXTM3U") && !text.contains("http://"), "\(text)")
            }
            // It has no end: enough of it will do.
            let viewer = try RunningTool("curl", ["-sSN", "--cacert", relay.certificate, "\(relay.url)/cam.ts"])
            #expect(await viewer.hasWritten(atLeast: 188))
            viewer.process.signalGroup(SIGKILL)
            publisher.process.signalGroup(SIGINT)
            let published = try await publisher.finish()
            #expect(published.errors.contains("published "), "\(published.errors)")
        }
    }

    @Test(.enabled(if: ReverseProxy.Kind.haproxyBinary.isInstalled, "haproxy is not installed"))
    func `HAProxy passes TLS on, and names the client before it`() async throws {
        try await SecureRelay.with(
            nil, ["--trust-proxy", "127.0.0.1"]
        ) { relay in
            for (kind, number) in [(ReverseProxy.Kind.haproxyLine, 5), (.haproxyBinary, 6)] {
                let proxy = try await ReverseProxy(kind, before: relay.port)
                let publisher = try RunningTool(
                    "curl",
                    [
                        "-sSN", "--cacert", relay.certificate, "--interface", "127.0.0.\(number)", "-T", "-", "-X",
                        "POST", "https://127.0.0.1:\(proxy.port)/cam\(number)/0",
                    ], standardInput: .pipe)
                let input = try #require(publisher.process.standardInput)
                #expect(write(input.rawValue, "some bytes", 10) == 10)
                try await until {
                    try await relay.curl("-o", "/dev/null", "-w", "%{http_code}", "\(relay.url)/cam\(number)/next")
                        .outputText == "200"
                }
                publisher.process.signalGroup(SIGKILL)
                try await until { relay.process.hasSaid("client=127.0.0.\(number)") }
                await proxy.stop()
            }
            #expect(!relay.process.hasSaid("client=127.0.0.1"))
        }
    }
}
