import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// The configurations of docs/proxies.md, as they stand there: only the addresses are others.
enum DocumentedProxy: String, CaseIterable, Sendable {
    case nginx, haproxy = "HAProxy", caddy = "Caddy", apache = "Apache"

    var program: String { self == .apache ? "apache2" : rawValue.lowercased() }
    var isInstalled: Bool {
        BuiltTool.isInstalled(program) && (self != .apache || access("\(Self.modules)/mod_proxy_http.so", R_OK) == 0)
    }

    /// Where Debian has Apache's.
    private static let modules = "/usr/lib/apache2/modules"

    func configuration(on port: Int, before relayPort: Int, in folder: TemporaryFolder) throws -> String {
        let block = try block()
            .replacing(":2939", with: ":\(relayPort)")
            .replacing("    bind :80", with: "    bind 127.0.0.1:\(port)")
            .replacing(":80 {", with: ":\(port) {")
        return switch self {
        case .haproxy: block
        // The administrators' port is one for all that run.
        case .caddy: "{\n    admin off\n}\n\(block)"
        case .nginx: Self.nginx(block, on: port, in: folder)
        case .apache: Self.apache(block, on: port, in: folder)
        }
    }

    /// The first block of code below the heading.
    private func block() throws -> String {
        let path = "\(BuiltTool.packageRoot)/docs/proxies.md"
        let document = String(decoding: TemporaryFolder.contents(of: path) ?? [], as: UTF8.self)
        guard let chapter = document.split(separator: "\n## ").first(where: { $0.hasPrefix("\(rawValue)\n") }) else {
            throw ReverseProxyFailure(reason: "docs/proxies.md has no chapter '\(rawValue)'")
        }
        let pieces = chapter.split(separator: "```", omittingEmptySubsequences: false)
        guard pieces.count >= 3 else {
            throw ReverseProxyFailure(reason: "docs/proxies.md has no configuration of '\(rawValue)'")
        }
        return String(pieces[1].drop { $0 != "\n" }.dropFirst())
    }

    private static func nginx(_ block: String, on port: Int, in folder: TemporaryFolder) -> String {
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder($0));" }.joined(separator: "\n")
        return """
            daemon off;
            error_log \(folder("error.log")) notice;
            pid \(folder("pid"));
            events { worker_connections 256; }
            http {
                access_log off;
                \(paths)
                server {
                    listen 127.0.0.1:\(port);
                    \(block)
                }
            }
            """
    }

    private static func apache(_ block: String, on port: Int, in folder: TemporaryFolder) -> String {
        let modules = ["mpm_event", "authz_core", "reqtimeout", "proxy", "proxy_http"]
            .map { "LoadModule \($0)_module \(Self.modules)/mod_\($0).so" }.joined(separator: "\n")
        return """
            ServerRoot "\(folder.path)"
            ServerName localhost
            DefaultRuntimeDir "\(folder.path)"
            PidFile "\(folder("pid"))"
            ErrorLog "\(folder("error.log"))"
            Mutex posixsem default
            \(modules)
            Listen 127.0.0.1:\(port)
            \(block)
            """
    }
}
