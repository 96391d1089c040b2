import ChildProcesses
import Foundation
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// What is announced to `publish-live`, with stand-ins for the server's streams.
@Suite(
    .enabled(if: BuiltTool.isInstalled("ffmpeg", "curl"), "ffmpeg or curl is not installed"),
    .enabled(if: ProcessTable.isReadable, "there is no /proc to look for processes in"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct LiveHookTests {
    private let folder = TemporaryFolder()

    /// Runs `body` with a tool whose ffmpeg is `script`, which finds its last argument but one, the URL, in `$url`.
    private func with(
        _ script: String, tool: String = "publish-live", options: [String] = [], relayOptions: [String] = [],
        _ body: (RelayProcess, _ hook: String, RunningTool) async throws -> Void
    ) async throws {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 2)
        try StubProgram.write(
            "ffprobe", in: folder,
            #"echo '{"streams": [{"index": 0, "codec_type": "video", "codec_name": "h264", "width": 320}]}'"#)
        try StubProgram.write(
            "ffmpeg", in: folder,
            """
            cd \(folder.path)
            for word; do [ "$before" = -i ] && url=$word; before=$word; done
            echo "$url" >> starts
            \(script)
            """)
        let log = try OwnedDescriptor.open(folder("log"), O_WRONLY | O_CREAT)
        try await RelayProcess.with(relayOptions) { relay in
            let running = try RunningTool(
                "sh",
                ["-c", #"exec "$0" "$@" 2>&1"#, BuiltTool.path(tool), "--url", relay.url, "--hook", "localhost:0"]
                    + options,
                environment: ["PATH": StubProgram.path(with: folder)], outputFile: log)
            let hook = try await address()
            try await body(relay, hook, running)
            kill(running.process.pid, SIGTERM)
            #expect(try await running.finish().status == .exited(0))
            #expect(ProcessTable.children(of: running.process.pid).isEmpty)
        }
    }

    private var log: String { String(decoding: TemporaryFolder.contents(of: folder("log")) ?? [], as: UTF8.self) }
    private var starts: [Substring] {
        String(decoding: TemporaryFolder.contents(of: folder("starts")) ?? [], as: UTF8.self).split(separator: "\n")
    }

    private func address() async throws -> String {
        while true {
            if let place = log.firstRange(of: "http://"), let end = log[place.lowerBound...].firstRange(of: "/NAME") {
                return String(log[place.lowerBound..<end.lowerBound])
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The status of an answer, and its body.
    private func request(_ method: String, _ url: String, form: String? = nil) async throws -> (Int, String) {
        let body = form.map { ["--data-raw", $0] } ?? []
        let result = try await RunningTool.run("curl", ["-s", "-w", "\n%{http_code}", "-X", method, url] + body)
        let lines = result.outputText.split(separator: "\n", omittingEmptySubsequences: false)
        return (try #require(lines.last.flatMap { Int($0) }), lines.dropLast().joined(separator: "\n"))
    }

    private func status(_ method: String, _ url: String, form: String? = nil) async throws -> Int {
        try await request(method, url, form: form).0
    }

    private func streams(_ hook: String) async throws -> [[String: Any]] {
        let (_, body) = try await request("GET", hook + "/")
        let list = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        return try #require(list?["streams"] as? [[String: Any]])
    }

    @Test func `a stream that is announced twice has one publisher, and names with slashes are mapped`() async throws {
        try await with("cat clip.ts; exec sleep 1000", options: ["--source", "rtmp://h/{name}"]) { relay, hook, _ in
            #expect(try await streams(hook).isEmpty)
            #expect(try await status("POST", "\(hook)/live/c%20m") == 200)
            let again = try await request("POST", "\(hook)/live/c%20m/")
            #expect(again.0 == 200)
            #expect(again.1.contains("already"))
            #expect(try await status("POST", "\(hook)/live-c%20m") == 409)
            try await until { try await streams(hook).first?["segments"] as? Int ?? 0 > 0 }
            let running = try await streams(hook)
            #expect(running.first?["channel"] as? String == "live-c m")
            #expect(starts == ["rtmp://h/live/c%20m"])
            let listed = try await RunningTool.run("curl", ["-s", "\(relay.url)/_channels"])
            #expect(listed.outputText.contains("live-c m"))
        }
    }

    @Test func `a stream that the relay does not let in is told, with what to pass, and the others go on`() async throws
    {
        TemporaryFolder.write(
            "access: [{allow: publish, channels: good, to: anybody}]\n".utf8, to: folder("relay.yaml"))
        let options = ["--source", "rtmp://h/{name}"]
        let relayOptions = ["--config", folder("relay.yaml")]
        try await with("cat clip.ts; exec sleep 1000", options: options, relayOptions: relayOptions) { _, hook, _ in
            #expect(try await status("POST", hook + "/good") == 200)
            #expect(try await status("POST", hook + "/bad") == 200)
            let hint = "pass a token with --token or in TRICKLE_TOKEN, or user and password in the URL"
            try await until { log.contains(hint) }
            let lines = log.split(separator: "\n").filter { $0.contains("(401: ") }
            #expect(lines.count == 1 && lines.first?.contains("bad") == true, "\(log)")
            try await until {
                let running = try await streams(hook)
                return running.count == 1 && running.first?["segments"] as? Int ?? 0 > 0
            }
        }
    }

    @Test func `web pages announce nothing, and who announces what does not come leaves room for others`() async throws
    {
        try await with("exec sleep 1000", options: ["--max-streams", "8"]) { _, hook, _ in
            for field in ["Origin: http://localhost", "Origin: null", "Host: evil.example"] {
                for target in ["/a", "/ -d call=publish&name=a"] {
                    let words = target.split(separator: " ").map(String.init)
                    let arguments = [
                        "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "-H", field, hook + words[0],
                    ]
                    let result = try await RunningTool.run("curl", arguments + words.dropFirst())
                    #expect(result.outputText == "403")
                }
            }
            #expect(try await streams(hook).isEmpty)
            #expect(try await status("POST", hook + "/a") == 200)
            #expect(try await status("POST", hook + "/b") == 200)
            #expect(try await status("POST", hook + "/c") == 503)
            let elsewhere = [
                "-s", "-w", "%{http_code}", "-o", "/dev/null", "-X", "POST", "--interface", "127.0.0.9", hook + "/c",
            ]
            let other = try await RunningTool.run("curl", ["-4"] + elsewhere)
            #expect(other.outputText == "200")
        }
    }

    @Test func `a secret is asked of everybody`() async throws {
        try await with("exec sleep 1000", options: ["--hook-secret", "s"]) { _, hook, _ in
            let announced = try await status("POST", hook + "/a")
            let listed = try await status("GET", hook + "/")
            let told = try await status("POST", hook + "/?secret=s", form: "call=publish&name=a")
            #expect(announced == 403)
            #expect(listed == 403)
            #expect(told == 200)
        }
    }

    @Test func `a form announces, too, and what cannot be published is refused with its reason`() async throws {
        try await with("cat clip.ts; exec sleep 1000", options: ["--max-streams", "1"]) { _, hook, _ in
            #expect(try await status("POST", hook + "/", form: "call=publish_done&name=x") == 200)
            #expect(try await streams(hook).isEmpty)
            #expect(try await status("POST", hook + "/", form: "app=live&call=publish&name=a+b&x=%26") == 200)
            let running = try await streams(hook)
            #expect(running.first?["name"] as? String == "a b")
            #expect(try await status("POST", hook + "/other") == 503)
            #expect(try await status("POST", hook + "/_secret") == 400)
            #expect(try await status("POST", hook + "/%ff") == 400)
            #expect(try await status("POST", hook + "/", form: "call=publish") == 400)
            #expect(try await status("PATCH", hook + "/x") == 405)
            #expect(try await status("GET", hook + "/x") == 404)
        }
    }

    @Test func `a stream that is not ready is waited for, and one that ends is closed after its linger`() async throws {
        let script = "[ $(wc -l < starts) = 3 ] && exec cat clip.ts; exit 1"
        try await with(script, options: ["--linger", "100ms"]) { relay, hook, _ in
            let reader = try RunningTool(
                "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"])
            #expect(try await status("POST", hook + "/cam") == 200)
            let read = try await reader.finish()
            #expect(read.status == .exited(0), "\(read.errors) \(log)")
            #expect(read.output.count > 50_000)
            try await until { try await streams(hook).isEmpty }
            #expect(starts.count >= 3)
        }
    }

    @Test func `news of a stream that is away has it opened at once, and its numbers go on`() async throws {
        // By themselves, the later of ten attempts would be 15 s apart.
        try await with("exec cat clip.ts", options: ["--linger", "1h"]) { relay, hook, tool in
            let reader = try RunningTool(
                "read2pipe",
                ["--stream", "cam", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict", "--segments", "20"])
            for round in 1...10 {
                #expect(try await status("POST", hook + "/cam") == 200)
                try await until {
                    let stream = try await streams(hook)
                    #expect(stream.count == 1)
                    return stream.first?["openings"] as? Int ?? 0 >= round
                        && stream.first?["state"] as? String == "waiting"
                }
            }
            let read = try await reader.finish()
            #expect(read.status == .exited(0), "\(read.errors)")
            #expect(ProcessTable.children(of: tool.process.pid).count <= 2)
        }
    }

    @Test func `a stream that its server says has ended is not waited for, unless it is announced again`() async throws
    {
        // The server says nothing to its players; the first of the two streams ends when it is told to.
        let script =
            "cat clip.ts; [ $(wc -l < starts) = 1 ] || exec sleep 1000; while [ ! -e gone ]; do sleep 0.05; done"
        try await with(script, options: ["--linger", "1h"]) { relay, hook, _ in
            let reader = try RunningTool(
                "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"])
            let form = { (call: String) in "call=\(call)&name=cam" }
            #expect(try await status("POST", hook + "/", form: form("publish")) == 200)
            try await until { try await streams(hook).first?["segments"] as? Int ?? 0 > 0 }
            #expect(try await status("POST", hook + "/", form: form("publish_done")) == 200)
            #expect(try await status("POST", hook + "/", form: form("publish")) == 200)
            TemporaryFolder.write([], to: folder("gone"))
            try await until { try await streams(hook).first?["openings"] as? Int == 2 }
            #expect(try await status("POST", hook + "/", form: form("publish_done")) == 200)
            let read = try await reader.finish()
            #expect(read.status == .exited(0), "\(read.errors) \(log)")
            try await until { try await streams(hook).isEmpty }
            #expect(starts.count == 2)
        }
    }

    @Test func `the commands in the example for MediaMTX announce a stream, and its end`() async throws {
        // MediaMTX is in no distribution: its commands are run as it would run them.
        let example = TemporaryFolder.contents(of: "\(BuiltTool.packageRoot)/examples/mediamtx.yml") ?? []
        let command = { (event: String) in
            String(decoding: example, as: UTF8.self).split(separator: "\n")
                .compactMap { $0.split(separator: "\(event): ").dropFirst().first.map(String.init) }.first
        }
        try await with("cat clip.ts; exec sleep 1000", options: ["--source", "rtmp://h/{name}"]) { _, hook, _ in
            for (event, count) in [("runOnReady", 1), ("runOnNotReady", 0)] {
                let line = try #require(command(event)).replacing("http://localhost:2938", with: hook)
                let result = try await RunningTool.run("sh", ["-c", line], environment: ["MTX_PATH": "studio/cam"])
                #expect(result.status == .exited(0), "\(result.errors)")
                try await until { try await streams(hook).count == count }
            }
            #expect(starts == ["rtmp://h/studio/cam"])
        }
    }

    @Test func `a stream can be ended by hand`() async throws {
        try await with("cat clip.ts; exec sleep 1000") { relay, hook, _ in
            #expect(try await status("POST", hook + "/cam") == 200)
            try await until { try await streams(hook).first?["segments"] as? Int ?? 0 > 0 }
            #expect(try await status("DELETE", hook + "/cam") == 200)
            #expect(try await status("DELETE", hook + "/cam") == 404)
            #expect(try await streams(hook).isEmpty)
            let next = try await request("GET", "\(relay.url)/cam/next")
            #expect(next.0 == 404)
        }
    }

    @Test func `channels that end in -out are pushed, again after a failure, and are not published`() async throws {
        // The first push dies; the second takes everything.
        let script = "[ $(wc -l < starts) = 1 ] && { echo 'no such app' >&2; exit 1; }; exec cat > pushed"
        try await with(script, tool: "pubsub-out", options: ["--sink", "rtmp://user:geheim@h/{name}"]) {
            relay, hook, tool in
            let ignored = try await request("POST", hook + "/cam-out")
            #expect(ignored.1.contains("not published"))
            #expect(try await streams(hook).isEmpty)
            let input = try OwnedDescriptor.open(folder("clip.ts"), O_RDONLY)
            let publisher = try RunningTool(
                "publish-pipe", ["--split", "ts", "--stream", "cam-out", "--url", relay.url, "--keep-open"],
                standardInput: .descriptor(input.rawValue))
            #expect(try await publisher.finish().status == .exited(0))
            try await until { starts.count >= 2 }
            try await until { TemporaryFolder.contents(of: folder("pushed"))?.isEmpty == false }
            #expect(try await status("DELETE", "\(relay.url)/cam-out") == 200)
            try await until { log.contains("is pushed no longer") }
            #expect(log.contains("no such app"))
            #expect(!log.contains("geheim"))
            #expect(ProcessTable.children(of: tool.process.pid).isEmpty)
        }
    }

    @Test func `channels that end in -out are written to files of their own`() async throws {
        let out = folder("{name}.out")
        try await with("exit 1", tool: "pubsub-pipe", options: ["--out", out]) { relay, hook, _ in
            for name in ["a-out", "b-out", "c"] {
                for (number, text) in ["first ", "second"].enumerated() {
                    let url = "\(relay.url)/\(name)/\(number)"
                    #expect(try await status("POST", url, form: "\(name) \(text)") == 200)
                }
            }
            for name in ["a-out", "b-out"] {
                try await until {
                    String(decoding: TemporaryFolder.contents(of: folder("\(name).out")) ?? [], as: UTF8.self)
                        .hasSuffix("\(name) second")
                }
            }
            #expect(TemporaryFolder.contents(of: folder("c.out")) == nil)
        }
    }

    @Test func `a named pipe gets whole segments, though its readers come and go`() async throws {
        #expect(mkfifo(folder("pipe"), 0o600) == 0)
        try await with("exit 1", tool: "pubsub-pipe", options: ["--out", folder("pipe")]) { relay, _, _ in
            #expect(try await status("POST", "\(relay.url)/a-out/0", form: "nobody reads this") == 200)
            for number in 1...2 {
                let reader = try RunningTool("head", ["-c", "5", folder("pipe")])
                // Some of the segments go by before the pipe has a reader.
                for attempt in 0... {
                    let url = "\(relay.url)/a-out/\(number * 1000 + attempt)"
                    #expect(try await status("POST", url, form: "\(number)abcd") == 200)
                    if reader.process.endedWith != nil { break }
                }
                // A segment that was posted for the reader before may still be on its way.
                let whole = (1...number).map { "\($0)abcd" }
                #expect(whole.contains(try await reader.finish().outputText))
            }
        }
    }
}
