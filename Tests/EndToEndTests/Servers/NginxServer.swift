import ChildProcesses
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// nginx with its RTMP module, on free ports, with a folder of its own.
final class NginxServer: Sendable {
    static let module = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
    static var isInstalled: Bool { BuiltTool.isInstalled("nginx") && access(module, R_OK) == 0 }

    private let folder = TemporaryFolder()
    private let nginx: RunningTool
    private let port: Int

    /// - Parameters:
    ///   - hookPort: Where streams are announced, by `on_publish`.
    ///   - tellsEnd: Whether their end is told there, too.
    init(hookPort: Int, tellsEnd: Bool) async throws {
        port = try FreePort.take()
        let atEnd = tellsEnd ? "on_publish_done http://127.0.0.1:\(hookPort)/;" : ""
        let configuration = """
            load_module \(Self.module);
            daemon off;
            worker_processes 1;
            error_log \(folder("error.log")) notice;
            pid \(folder("pid"));
            events { worker_connections 256; }
            rtmp {
                access_log off;
                server {
                    listen 127.0.0.1:\(port);
                    application live {
                        live on;
                        wait_key on;
                        publish_notify on;
                        on_publish http://127.0.0.1:\(hookPort)/;
                        \(atEnd)
                    }
                }
            }
            """
        TemporaryFolder.write(configuration.utf8, to: folder("nginx.conf"))
        nginx = try RunningTool("nginx", ["-c", folder("nginx.conf"), "-p", folder.path, "-e", folder("start.log")])
        // It writes its number when it listens.
        while TemporaryFolder.contents(of: folder("pid"))?.isEmpty ?? true {
            if let status = nginx.process.endedWith { throw NginxFailure(reason: "\(status): \(log)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Where a stream is pushed to, and played from.
    func url(_ name: String) -> String { "rtmp://127.0.0.1:\(port)/live/\(name)" }

    /// The same for any name, as the tools want it.
    var template: String { url("{name}") }

    func stop() async { _ = await nginx.process.stop() }

    private var log: String {
        ["start.log", "error.log"].compactMap { TemporaryFolder.contents(of: folder($0)) }
            .map { String(decoding: $0, as: UTF8.self) }.joined()
    }
}

struct NginxFailure: Error {
    let reason: String
}
