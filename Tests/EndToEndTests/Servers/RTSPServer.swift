import ChildProcesses
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// GStreamer's RTSP server with one file, in real time.
final class RTSPServer: Sendable {
    private static let python = "/usr/bin/python3"
    /// Debian's Python, which has the bindings.
    static let isInstalled: Bool = {
        let check = """
            import gi
            gi.require_version("Gst", "1.0")
            gi.require_version("GstRtspServer", "1.0")
            from gi.repository import Gst, GstRtspServer
            Gst.init(None)
            raise SystemExit(any(Gst.ElementFactory.find(name) is None for name in ("rtph264pay", "h264parse", "aacparse")))
            """
        guard BuiltTool.isInstalled(python),
            let child = try? ChildProcess(ChildCommand(python, ["-c", check]))
        else { return false }
        // The first look takes a moment, and is remembered by GStreamer.
        while child.endedWith == nil { usleep(10_000) }
        return child.endedWith == .exited(0)
    }()

    private let server: RunningTool
    let address: String

    init(file: String, transport: String, credentials: [String] = []) async throws {
        let script = "\(BuiltTool.packageRoot)/Tests/EndToEndTests/Servers/rtsp-server.py"
        let folder = TemporaryFolder()
        let output = try OwnedDescriptor.open(folder("port"), O_WRONLY | O_CREAT)
        server = try RunningTool(Self.python, [script, file, transport] + credentials, outputFile: output)
        while true {
            let text = TemporaryFolder.contents(of: folder("port")).map { String(decoding: $0, as: UTF8.self) } ?? ""
            if text.hasSuffix("\n") {
                address = "127.0.0.1:\(text.dropLast())"
                return
            }
            if server.process.endedWith != nil { throw RTSPServerFailure(reason: try await server.finish().errors) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func stop() async { _ = await server.process.stop(grace: .milliseconds(500)) }
}

struct RTSPServerFailure: Error {
    let reason: String
}
