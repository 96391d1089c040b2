import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Behind HAProxy and nginx, the relay knows its clients: each has an address of its own on the loopback.
@Suite(
    .needsCurl, .enabled(if: access("/proc/self/stat", R_OK) == 0, "only Linux has more than one loopback address"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct ReverseProxyTests {
    private static let installed = ReverseProxy.Kind.allCases.filter { $0.isInstalled && $0 != .nginxPlain }

    /// Asks from `127.0.0.NUMBER`.
    private func curl(from number: Int, _ arguments: String...) throws -> RunningTool {
        try RunningTool("curl", ["-sN", "--interface", "127.0.0.\(number)"] + arguments)
    }

    private func status(from number: Int, _ url: String) async throws -> String {
        try await curl(from: number, "-o", "/dev/null", "-w", "%{http_code}", url).finish().outputText
    }

    /// Publishes from `127.0.0.NUMBER`; the relay has the first bytes of what goes on when this returns.
    private func publisher(from number: Int, _ proxy: ReverseProxy) async throws -> RunningTool {
        let publisher = try RunningTool(
            "curl",
            ["-sN", "--interface", "127.0.0.\(number)", "-T", "-", "-X", "POST", proxy.url("/cam/0")],
            standardInput: .pipe)
        let input = try #require(publisher.process.standardInput)
        #expect(write(input.rawValue, "some bytes", 10) == 10)
        try await until { try await status(from: 3, proxy.url("/cam/next")) == "200" }
        let reader = try curl(from: 3, proxy.url("/cam/0"))
        #expect(await reader.hasWritten(atLeast: 10))
        reader.process.signalGroup(SIGKILL)
        return publisher
    }

    private func withProxy(
        _ kind: ReverseProxy.Kind, trusting ranges: String, _ body: (RelayProcess, ReverseProxy) async throws -> Void
    ) async throws {
        let options = ["--trust-proxy", ranges, "--max-connections-per-address", "1"]
        try await RelayProcess.with(options, address: "127.0.0.1:0") { relay in
            let port = try #require(relay.url.split(separator: ":").last.flatMap { Int($0) })
            let proxy = try await ReverseProxy(kind, before: port)
            try await body(relay, proxy)
            await proxy.stop()
        }
    }

    @Test(arguments: installed)
    func `limits and log mean the client, not the proxy`(kind: ReverseProxy.Kind) async throws {
        try await withProxy(kind, trusting: "192.0.2.0/24,127.0.0.1") { relay, proxy in
            let publisher = try await publisher(from: 2, proxy)
            #expect(try await status(from: 2, proxy.url("/cam/next")) == "429")
            #expect(try await status(from: 4, proxy.url("/cam/next")) == "200")
            publisher.process.signalGroup(SIGKILL)
            try await until { relay.hasSaid("client=127.0.0.2") }
            #expect(!relay.hasSaid("client=127.0.0.1"))
            try await until { try await status(from: 2, proxy.url("/cam/next")) == "200" }
        }
    }

    @Test(.enabled(if: ReverseProxy.Kind.haproxyField.isInstalled, "haproxy is not installed"))
    func `a client cannot name itself`() async throws {
        try await withProxy(.haproxyField, trusting: "127.0.0.1") { relay, proxy in
            let publisher = try await publisher(from: 2, proxy)
            let forged = try await curl(
                from: 2, "-H", "X-Forwarded-For: 192.0.2.1", "-o", "/dev/null", "-w", "%{http_code}",
                proxy.url("/cam/next")
            ).finish().outputText
            #expect(forged == "429")
            publisher.process.signalGroup(SIGKILL)
        }
    }

    @Test(.enabled(if: ReverseProxy.Kind.nginxPlain.isInstalled, "nginx is not installed"))
    func `what trickles is not held back by an nginx that buffers`() async throws {
        try await withProxy(.nginxPlain, trusting: "127.0.0.1") { relay, proxy in
            let publisher = try RunningTool(
                "curl", ["-sN", "-T", "-", "-X", "POST", "\(relay.url)/cam/0"], standardInput: .pipe)
            let input = try #require(publisher.process.standardInput)
            #expect(write(input.rawValue, "some bytes", 10) == 10)
            try await until { try await status(from: 3, proxy.url("/cam/next")) == "200" }
            for path in ["/cam/0", "/cam/-2"] {
                let reader = try curl(from: 3, proxy.url(path))
                #expect(await reader.hasWritten(atLeast: 10))
                reader.process.signalGroup(SIGKILL)
            }
            let early = try curl(from: 3, "-i", "-H", "Lp-Trickle-Head: early", proxy.url("/cam/1"))
            #expect(await early.hasWritten(atLeast: 10))
            early.process.signalGroup(SIGKILL)
            publisher.process.signalGroup(SIGKILL)
        }
    }

    @Test(arguments: DocumentedProxy.allCases.filter(\.isInstalled))
    func `as docs-proxies has them, bytes trickle through both ways, and large segments pass`(
        documented: DocumentedProxy
    ) async throws {
        try await RelayProcess.with([], address: "127.0.0.1:0") { relay in
            let port = try #require(relay.url.split(separator: ":").last.flatMap { Int($0) })
            let proxy = try await ReverseProxy(documented, before: port)
            // Its reader comes through the proxy, too, and has the first bytes of what is not over.
            let publisher = try await publisher(from: 1, proxy)
            publisher.process.standardInput?.close()
            #expect(try await publisher.finish().status.isSuccess)
            let folder = TemporaryFolder()
            let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }
            TemporaryFolder.write(large, to: folder("large"))
            let posted = try await curl(
                from: 1, "-f", "-T", folder("large"), "-X", "POST", proxy.url("/cam/1")
            ).finish()
            #expect(posted.status.isSuccess, "\(posted.errors)")
            let read = try await curl(from: 1, proxy.url("/cam/1")).finish()
            #expect(read.output == large)
            await proxy.stop()
        }
    }

    @Test func `what is no range of addresses is told with its form`() async throws {
        let result = try await RunningTool.run("trickle-server", ["--trust-proxy", "10.0.0.0/8,localhost"])
        #expect(result.status == .exited(2))
        #expect(result.errors.contains("'localhost' is no range of addresses"), "\(result.errors)")
    }
}
