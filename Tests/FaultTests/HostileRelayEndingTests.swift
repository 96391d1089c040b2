import ChildProcesses
import Foundation
import Testing
import TrickleTesting

/// The first signal ends each tool, whatever what calls itself a relay answers. A tool that does not end is killed in the end, which its
/// status tells.
@Suite(
    .enabled(if: ProcessTable.isReadable, "there is no /proc to look for processes in"),
    .enabled(if: BuiltTool.isInstalled("ffmpeg"), "ffmpeg is not installed"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct HostileRelayEndingTests {
    static let answers: [HostileServer.Answer] = [
        .init(description: "nothing", start: ""),
        .init(description: "half a status line", start: "HTTP/1.1 2"),
        .init(description: "half a head", start: "HTTP/1.1 200 OK\r\nLp-Trickle-Seq: 0\r\n"),
        .init(description: "five bytes that do not come", start: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        .init(description: "a refusal that does not end", start: "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n"),
        .init(
            description: "a body that does not come",
            start: "HTTP/1.1 200 OK\r\nLp-Trickle-Seq: 0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        .init(
            description: "a body without end",
            start: "HTTP/1.1 200 OK\r\nLp-Trickle-Seq: 0\r\nTransfer-Encoding: chunked\r\n\r\n", more: "1\r\nx\r\n"),
        .init(description: "interim answers without end", start: "", more: "HTTP/1.1 100 Continue\r\n\r\n"),
        .init(
            description: "a busy relay, always",
            start: "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"),
    ]

    private let folder = TemporaryFolder()

    @Test(arguments: ["read2pipe", "subscriber-example", "play", "publish-file"], answers)
    func `the first signal ends a tool`(name: String, answer: HostileServer.Answer) async throws {
        let server = try HostileServer(answer)
        defer { server.stop() }
        let own =
            switch name {
            case "play": ["--player", "cat -"]
            case "subscriber-example": ["--out", folder("out")]
            case "publish-file": ["lavfi:testsrc2=size=64x64"]
            default: [String]()
            }
        let tool = try RunningTool(
            name, own + ["--stream", "some", "--url", "http://127.0.0.1:\(server.port)"],
            environment: ["TRICKLE_TIMEOUT": "1h", "TRICKLE_STALL_TIMEOUT": "1h"])
        while ProcessTable.isRunning(tool.process.pid), !ProcessTable.handles(SIGTERM, tool.process.pid) {
            try await Task.sleep(for: .milliseconds(5))
        }
        // It may have given up by itself, and said why.
        kill(tool.process.pid, SIGTERM)
        let result = try await tool.finish()
        guard case .exited(let code) = result.status else {
            Issue.record("\(name): \(result.status): \(result.errors)")
            return
        }
        #expect(code == 143 || code == 130 || (1...4).contains(code), "\(code): \(result.errors)")
        #expect(ProcessTable.children(of: tool.process.pid).isEmpty)
    }
}
