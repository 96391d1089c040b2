import ChildProcesses
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// A proxy of the field before a relay, on a free port of every loopback address.
final class ReverseProxy: Sendable {
    /// How the proxy tells the relay of its clients.
    enum Kind: String, CaseIterable, Sendable {
        case haproxyLine, haproxyBinary, haproxyField, nginxLine, nginxField
        /// As it is installed: it buffers.
        case nginxPlain

        var isNginx: Bool { [.nginxLine, .nginxField, .nginxPlain].contains(self) }
        var program: String { isNginx ? "nginx" : "haproxy" }
        var isInstalled: Bool {
            BuiltTool.isInstalled(program) && (self != .nginxLine || access(ReverseProxy.streamModule, R_OK) == 0)
        }
    }

    private static let streamModule = "/usr/lib/nginx/modules/ngx_stream_module.so"

    let port: Int
    private let folder: TemporaryFolder
    private let server: RunningTool

    /// - Parameter relayPort: where the relay listens on 127.0.0.1.
    convenience init(_ kind: Kind, before relayPort: Int) async throws {
        let folder = TemporaryFolder()
        let port = try FreePort.take()
        let text =
            kind.isNginx
            ? Self.nginx(kind, port, relayPort, folder) : Self.haproxy(kind, port, relayPort)
        try await self.init(kind.program, text, on: port, folder)
    }

    /// The proxy as docs/proxies.md has it.
    convenience init(_ documented: DocumentedProxy, before relayPort: Int) async throws {
        let (port, folder) = (try FreePort.take(), TemporaryFolder())
        let text = try documented.configuration(on: port, before: relayPort, in: folder)
        try await self.init(documented.program, text, on: port, folder)
    }

    private init(_ program: String, _ configuration: String, on port: Int, _ folder: TemporaryFolder) async throws {
        (self.port, self.folder) = (port, folder)
        TemporaryFolder.write("\(configuration)\n".utf8, to: folder("proxy.conf"))
        let arguments =
            switch program {
            case "nginx": ["-c", folder("proxy.conf"), "-p", folder.path, "-e", folder("start.log")]
            case "caddy": ["run", "--adapter", "caddyfile", "--config", folder("proxy.conf")]
            case "apache2": ["-f", folder("proxy.conf"), "-DFOREGROUND"]
            default: ["-db", "-f", folder("proxy.conf")]
            }
        // Caddy keeps its state below the home folder.
        server = try RunningTool(program, arguments, environment: ["HOME": folder.path, "XDG_DATA_HOME": folder.path])
        while try await !Self.listens(port) {
            if let status = server.process.endedWith { throw ReverseProxyFailure(reason: "\(program): \(status)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The URL that a client at `127.0.0.NUMBER` asks; see ``curl(from:_:)``.
    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    func stop() async { _ = await server.process.stop() }

    private static func listens(_ port: Int) async throws -> Bool {
        let status = try await RunningTool.run("curl", ["-s", "-o", "/dev/null", "http://127.0.0.1:\(port)/"]).status
        // A relay behind it that wants TLS answers nothing (52, 56).
        return status.isSuccess || status == .exited(52) || status == .exited(56)
    }

    private static func haproxy(_ kind: Kind, _ port: Int, _ relayPort: Int) -> String {
        let (mode, option, sending) =
            switch kind {
            case .haproxyLine: ("tcp", "", "send-proxy")
            case .haproxyBinary: ("tcp", "", "send-proxy-v2")
            default: ("http", "option forwardfor", "")
            }
        return """
            global
                maxconn 200
            defaults
                mode \(mode)
                \(option)
                timeout connect 10m
                timeout client 10m
                timeout server 10m
            listen relay
                bind 127.0.0.1:\(port)
                server relay 127.0.0.1:\(relayPort) \(sending)
            """
    }

    private static func nginx(_ kind: Kind, _ port: Int, _ relayPort: Int, _ folder: TemporaryFolder) -> String {
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder($0));" }.joined(separator: "\n    ")
        let http = """
            http {
                access_log off;
                \(paths)
                upstream relay { server 127.0.0.1:\(relayPort); keepalive 8; }
                server {
                    listen 127.0.0.1:\(port);
                    location / {
                        proxy_pass http://relay;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                        \(kind == .nginxPlain ? "" : "proxy_buffering off; proxy_request_buffering off;")
                        proxy_read_timeout 10m;
                    }
                }
            }
            """
        let stream = """
            stream {
                server {
                    listen 127.0.0.1:\(port);
                    proxy_pass 127.0.0.1:\(relayPort);
                    proxy_protocol on;
                }
            }
            """
        return """
            \(kind == .nginxLine ? "load_module \(streamModule);" : "")
            daemon off;
            worker_processes 1;
            error_log \(folder("error.log")) notice;
            pid \(folder("pid"));
            events { worker_connections 256; }
            \(kind == .nginxLine ? stream : http)
            """
    }
}

struct ReverseProxyFailure: Error {
    let reason: String
}
