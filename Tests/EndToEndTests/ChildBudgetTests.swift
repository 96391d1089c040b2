import Testing
import TrickleTesting

/// The relay's children: those that publish have places that nobody takes from them.
@Suite(.needsFFmpeg, .needsCurl, .timeLimit(.minutes(TestLimit.minutes))) struct ChildBudgetTests {
    private let folder = TemporaryFolder()

    private func get(_ url: String) async throws -> (head: String, body: String) {
        let result = try await RunningTool.run("curl", ["-s", "-D", folder("head"), url])
        let head = TemporaryFolder.contents(of: folder("head")) ?? []
        return (String(decoding: head, as: UTF8.self), String(decoding: result.output, as: UTF8.self))
    }

    /// A relay with so many channels, each published by a shell that sends a clip and then stays.
    private func withRelay(
        channels: Int, _ options: [String], _ body: (RelayProcess, _ metrics: String) async throws -> Void
    ) async throws {
        try await TestMedia.makeClip(at: folder("clip.ts"))
        TemporaryFolder.write("cat '\(folder("clip.ts"))'; exec sleep 1000\n".utf8, to: folder("publish.sh"))
        let channels = (1...channels).map { "  cam\($0): {command: sh '\(folder("publish.sh"))'}\n" }.joined()
        TemporaryFolder.write("defaults: {stall: 10m}\nchannels:\n\(channels)".utf8, to: folder("relay.yaml"))
        let options = ["--config", folder("relay.yaml"), "--metrics", "localhost:0"] + options
        try await RelayProcess.with(options) { relay in try await body(relay, #require(relay.metricsURL)) }
    }

    private func has(_ lines: String..., at metrics: String) async throws -> Bool {
        let text = try await get(metrics).body
        return lines.allSatisfy { text.contains("\ntrickle_children_\($0)\n") }
    }

    @Test func `pictures are refused while a hundred publishers go on`() async throws {
        try await withRelay(channels: 100, ["--max-children", "1"]) { relay, metrics in
            try await eventually { try await has("running{purpose=\"publisher\"} 100", at: metrics) }
            for number in [1, 100] {
                try await eventually { try await get("\(relay.url)/cam\(number)/index.m3u8").head.contains(" 200 ") }
            }
            // The one place for those who watch.
            let viewer = try RunningTool("curl", ["-sN", "-o", folder("live.mp4"), "\(relay.url)/cam1/live.mp4"])
            try await eventually { TemporaryFolder.contents(of: folder("live.mp4"))?.isEmpty == false }
            let picture = try await get("\(relay.url)/cam1/thumbnail.jpg")
            #expect(picture.head.contains(" 503 ") && picture.head.contains("Retry-After: "), "\(picture)")
            let movie = try await get("\(relay.url)/cam2/live.mp4")
            #expect(movie.head.contains(" 503 ") && movie.head.contains("Retry-After: "), "\(movie)")
            #expect(relay.hasSaid("--max-children sets another limit"))
            #expect(
                try await has(
                    "running{purpose=\"publisher\"} 100", "running{purpose=\"movie\"} 1",
                    "refused_total{purpose=\"movie\"} 1", "refused_total{purpose=\"picture\"} 1",
                    "refused_total{purpose=\"publisher\"} 0", "waiting{purpose=\"picture\"} 0", at: metrics))
            _ = await viewer.process.stop()
            try await eventually { try await get("\(relay.url)/cam1/thumbnail.jpg").head.contains(" 200 ") }
        }
    }

    @Test func `a channel for whose command there is no place waits for one`() async throws {
        try await withRelay(channels: 3, ["--max-publisher-children", "2"]) { relay, metrics in
            try await eventually {
                try await has(
                    "running{purpose=\"publisher\"} 2", "waiting{purpose=\"publisher\"} 1",
                    "maximum{purpose=\"publisher\"} 2", at: metrics)
            }
        }
    }
}
